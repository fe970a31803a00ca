import { setTimeout as wait } from 'node:timers/promises';
import type { SessionStore } from 'nestjs-redis-session';
import { SESSION_STORE, SessionEvents, SessionModule, SessionService } from 'nestjs-redis-session';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { plainSignIn } from 'nestjs-redis-session/testing';
import { log } from '../support/log-book.js';
import { canRunTopologies, RedisNode, untilReplicated } from '../support/redis-node.js';
import type { ClusterTopology } from '../support/redis-cluster.js';
import { startCluster } from '../support/redis-cluster.js';
import { until } from '../support/until.js';

/** Timeout for replicas that do confirm, however slowly on a busy machine. */
const PATIENT = { deadline: 15_000, timeout: 10_000 };
const NO_DELAY = ['--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0'];

async function open(
  redis: object,
  replicas: number,
  { deadline, timeout } = { deadline: 1_000, timeout: 500 },
) {
  const app = await NestFactory.createApplicationContext(
    SessionModule.forRoot({
      redis: { disconnectTimeout: 50, ...redis },
      outage: { deadline },
      durability: { replicas, timeout },
      redisChecks: { ignore: ['no-persistence'] },
    }),
    { abortOnError: false },
  );
  const shortfalls: object[] = [];
  app.get(SessionEvents).on('not-replicated', ({ operation, wanted, confirmed }) => {
    shortfalls.push({ operation, wanted, confirmed });
  });
  return { app, shortfalls };
}

/** Signs a user in, and returns the id of the session. */
async function signIn(app: INestApplicationContext, user: string): Promise<string> {
  const outcome = await app.get<SessionStore>(SESSION_STORE).signIn(plainSignIn(user));
  if (outcome.status !== 'signed-in') throw new Error('the sign-in was rejected');
  return outcome.record.id;
}

(canRunTopologies ? describe : describe.skip)('the end of a session with durability', () => {
  let master: RedisNode;
  let replica: RedisNode;

  beforeEach(async () => {
    master = await RedisNode.start({ args: NO_DELAY });
    replica = await RedisNode.start({ args: [...NO_DELAY, '--replicaof', '127.0.0.1', String(master.port)] });
    await until('a replica', 10_000, async () => (await replica.info())['master_link_status'] === 'up');
  });
  afterEach(async () => {
    await replica.stop();
    await master.stop();
  });

  it('the end of a session is on the replica when the call returns, so that it survives a failover', async () => {
    const { app, shortfalls } = await open({ port: master.port }, 1, PATIENT);
    const sessions = app.get(SessionService);
    for (let round = 1; round <= 20; round += 1) {
      const [one, two] = [await signIn(app, 'alice'), await signIn(app, 'alice')];
      expect(await sessions.revoke(one)).toBe(true);
      expect(await replica.ask('EXISTS', `session:{${one.slice(0, 3)}}:${one.slice(3)}`)).toBe(0);
      expect(await sessions.revokeAll('alice')).toBe(1);
      expect(await replica.ask('EXISTS', `session:{${two.slice(0, 3)}}:${two.slice(3)}`)).toBe(0);
    }
    expect(shortfalls).toEqual([]);
    await app.close();
  });

  it('a durable call is counted like any other', async () => {
    const { app } = await open({ port: master.port }, 1);
    await signIn(app, 'alice');
    const sessions = app.get(SessionService);
    const before = sessions.statistics().store.calls;
    await sessions.revokeAll('alice');
    expect(sessions.statistics().store.calls).toBe(before + 1);
    await app.close();
  });

  it('too few acknowledgements end the session on the master and fail the call in time', async () => {
    const { app, shortfalls } = await open({ port: master.port }, 2);
    const id = await signIn(app, 'alice');
    await untilReplicated([master, replica]);
    const start = performance.now();
    expect(await app.get(SessionService).revoke(id)).toBe(true);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(await app.get(SessionService).get(id)).toBeNull();
    await wait(0);
    expect(shortfalls).toEqual([{ operation: 'end a session', wanted: 2, confirmed: 1 }]);
    await app.close();
  });

  it('revokeEveryone() waits for replicas once for many sessions', async () => {
    const { app, shortfalls } = await open({ port: master.port }, 1, PATIENT);
    const sessions = app.get(SessionService);
    const ids = await Promise.all(Array.from({ length: 50 }, (_, index) => signIn(app, `user${index}`)));
    await master.ask('CONFIG', 'RESETSTAT');
    expect(await sessions.revokeEveryone()).toBe(50);
    for (const id of ids) {
      expect(await replica.ask('EXISTS', `session:{${id.slice(0, 3)}}:${id.slice(3)}`)).toBe(0);
    }
    const [, waits] = /cmdstat_wait:calls=(\d+)/.exec(String(await master.ask('INFO', 'commandstats'))) ?? [];
    expect(Number(waits)).toBeGreaterThan(0);
    expect(Number(waits)).toBeLessThan(5); // one for each step of the scan
    expect(shortfalls).toEqual([]);
    await app.close();
  });

  it('revokeEveryone() emits not-replicated if too few replicas confirm', async () => {
    const { app, shortfalls } = await open({ port: master.port }, 2);
    for (const user of ['alice', 'bob']) await signIn(app, user);
    expect(await app.get(SessionService).revokeEveryone()).toBe(2);
    await wait(0);
    const [shortfall] = shortfalls;
    expect(shortfall).toMatchObject({ operation: 'end the sessions of everyone', wanted: 2 });
    await app.close();
  });

  it('a call that waits for replicas delays no other call', async () => {
    const { app } = await open({ port: master.port }, 2);
    const id = await signIn(app, 'alice');
    const other = await signIn(app, 'bob');
    let isRevoked = false;
    const revocation = app
      .get(SessionService)
      .revoke(id)
      .then(() => (isRevoked = true));
    await until('the end', 2_000, async () => (await app.get(SessionService).get(id)) === null);
    expect(await app.get(SessionService).get(other)).not.toBeNull();
    expect(isRevoked).toBe(false);
    await revocation;
    await app.close();
  });

  it('a revocation fails while the master is silent, instead of reporting that the session has ended', async () => {
    const { app } = await open({ port: master.port }, 1);
    const id = await signIn(app, 'alice');
    await master.signal('SIGSTOP');
    await expect(app.get(SessionService).revoke(id)).rejects.toThrow('could not');
    await master.signal('SIGCONT');
    await app.close();
  });
});

(canRunTopologies ? describe : describe.skip)('the end of a session in a Cluster with durability', () => {
  let topology: ClusterTopology;
  beforeAll(async () => {
    topology = await startCluster();
  }, 30_000);
  afterAll(() => topology?.stop());

  it('the end of a session is on the replica of its master when the call returns', async () => {
    const { app, shortfalls } = await open(topology.target, 1, PATIENT);
    for (const user of ['alice', 'bob', 'carol', 'dave', 'erin', 'frank']) {
      const id = await signIn(app, user);
      expect(await app.get(SessionService).revoke(id)).toBe(true);
      const keys = await Promise.all(
        topology.nodes.map((node) => node.ask('KEYS', `session:{${id.slice(0, 3)}}:${id.slice(3)}`)),
      );
      expect(keys.flat()).toEqual([]);
    }
    expect(shortfalls).toEqual([]);
    await app.close();
  });
});

describe('durability with a Redis user who may not call WAIT', () => {
  const USER = { username: 'app', password: 'secret' };
  let server: RedisNode;
  beforeAll(async () => {
    server = await RedisNode.start({});
    await server.ask('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all');
  });
  afterAll(() => server.stop());
  afterEach(() => server.ask('ACL', 'SETUSER', 'app', '+wait'));

  it('a Redis user without +wait stops the start with a message that names the permission', async () => {
    await server.ask('ACL', 'SETUSER', 'app', '-wait');
    await expect(open({ port: server.port, ...USER }, 1)).rejects.toThrow(
      /^durability: expected.*NOPERM.*\+wait/,
    );
  });

  it('if WAIT is forbidden later, not-replicated and the log name it as the reason', async () => {
    const { app } = await open({ port: server.port, ...USER }, 1);
    const errors: (Error | null)[] = [];
    app.get(SessionEvents).on('not-replicated', ({ error }) => errors.push(error));
    await server.ask('ACL', 'SETUSER', 'app', '-wait');
    expect(await app.get(SessionService).revoke(await signIn(app, 'alice'))).toBe(true);
    await until('an event', 5_000, () => errors.length === 1);
    expect(errors[0]?.message).toMatch(/NOPERM.*wait/);
    expect(log.recent('warn').join('\n')).toMatch(/did not report how many replicas.*end a session.*NOPERM/);
    await app.close();
  });
});

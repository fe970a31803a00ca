import type { Redis } from 'ioredis';
import type { EndedSession, SessionRecord } from 'nestjs-redis-session';
import { RedisStore, SessionUnavailableError } from 'nestjs-redis-session';
import { handleOf } from 'nestjs-redis-session/core';
import { freshId, freshIdBeside, LONG_TIMEOUTS, plainSignIn } from 'nestjs-redis-session/testing';
import { openRedis, type RedisConnection } from '../support/white-box.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import type { ClusterTopology } from '../support/redis-cluster.js';
import { startCluster } from '../support/redis-cluster.js';
import { canRunTopologies } from '../support/redis-node.js';
import type { RedisServer } from '../support/redis-server.js';
import { startRedisServer } from '../support/redis-server.js';
import { findKeys } from './redis-keyspace.js';

const PREFIX = 'a*b[c]?:';
const DEADLINE_MS = 5_000;
const WITHIN_MS = 60_000;

let server: RedisServer;
let proxy: FaultProxy;
let connection: RedisConnection;
let store: RedisStore;

beforeAll(async () => {
  server = await startRedisServer();
  proxy = await FaultProxy.start(server.port);
  ({ connection, store } = await open({ host: '127.0.0.1', port: proxy.port }));
});
afterAll(async () => {
  await connection?.close();
  await proxy?.stop();
  await server?.stop();
});
beforeEach(async () => {
  await proxy.pass();
  await untilBack();
  await (connection.client as Redis).flushdb();
});

async function open(target: Parameters<typeof openRedis>[0]) {
  const opened = await openRedis(target, DEADLINE_MS, () => undefined);
  const settings = { prefix: PREFIX, deadlineMs: DEADLINE_MS, noticeTtlMs: 60_000 };
  return { connection: opened, store: new RedisStore(opened.client, settings) };
}

async function signIn(userId: string, at = store): Promise<SessionRecord> {
  const outcome = await at.signIn(plainSignIn(userId));
  if (outcome.status !== 'signed-in') throw new Error(`${userId} could not sign in`);
  return outcome.record;
}

function anonymous(at = store): Promise<SessionRecord> {
  return at.create({ id: freshId(), timeouts: LONG_TIMEOUTS, persistent: false, fields: new Map() });
}

async function revokeEveryone(
  at = store,
  reported: EndedSession[] = [],
  signedInBefore: number | null = null,
): Promise<EndedSession[]> {
  const selection = { except: null, signedInBefore };
  await at.revokeEveryone({ reason: 'revoked' }, selection, (ended) => reported.push(...ended));
  return reported;
}

/** Acts once, between the reply to a SCAN and its use. */
function afterScan(node: Redis, step: number, act: () => Promise<unknown>): () => void {
  const scan = node.scan.bind(node) as (...args: unknown[]) => Promise<unknown>;
  let steps = 0;
  Object.assign(node, {
    scan: async (...args: unknown[]) => {
      const reply = await scan(...args);
      if (++steps === step) await act();
      return reply;
    },
  });
  return () => void Reflect.deleteProperty(node, 'scan');
}

async function regenerated(from: SessionRecord, at = store): Promise<SessionRecord> {
  const next = await at.regenerate({ from, to: freshIdBeside(from), keepData: true });
  if (!next) throw new Error('the session has ended');
  return next;
}

describe('ending the sessions of everyone in Redis', () => {
  it.each<[string, () => Promise<SessionRecord>]>([
    ["a user's session", () => signIn('alice')],
    ['an anonymous session', () => anonymous()],
  ])('revokeEveryone() ends %s that gets a new id after the scan has passed it', async (_whose, begin) => {
    const session = await begin();
    let next = session;
    const restore = afterScan(connection.client as Redis, 1, async () => (next = await regenerated(session)));
    const ended = await revokeEveryone().finally(restore);
    expect(next.id).not.toBe(session.id);
    expect(ended).toEqual([{ id: next.id, userId: session.userId }]);
    expect(await store.load(next.id)).toBeNull();
    expect((await store.endOf(next.id))?.reason).toBe('revoked');
    expect((await store.endOf(session.id))?.reason).toBe('replaced');
  });

  it.each<[string, () => Promise<SessionRecord>]>([
    ["a user's session", () => signIn('alice')],
    ['an anonymous session', () => anonymous()],
  ])(
    'with signedInBefore, revokeEveryone() ends %s that gets a new id after the scan has passed it, and spares a later one',
    async (_whose, begin) => {
      const session = await begin();
      await new Promise((resolve) => setTimeout(resolve, 5));
      const later = await begin();
      const time = later.signedInAt ?? later.createdAt;
      const next: SessionRecord[] = [];
      const restore = afterScan(connection.client as Redis, 1, async () => {
        for (const record of [session, later]) next.push(await regenerated(record));
      });
      const ended = await revokeEveryone(store, [], time).finally(restore);
      expect(ended).toEqual([{ id: next[0]!.id, userId: session.userId }]);
      expect(await store.load(next[0]!.id)).toBeNull();
      expect((await store.endOf(next[0]!.id))?.reason).toBe('revoked');
      expect(await store.load(next[1]!.id)).not.toBeNull();
    },
  );

  it('with signedInBefore, revokeEveryone() ends a session whose beginning cannot be read', async () => {
    const [session, later] = [await signIn('alice'), await signIn('bob')];
    const key = (await findKeys(connection.client, '')).find((name) =>
      name.endsWith(`:${handleOf(session.id)}`),
    );
    await connection.client.hset(key as string, 's', '[99,1,1,1]');
    const ended = await revokeEveryone(store, [], later.signedInAt! - 60_000);
    expect(ended).toEqual([{ id: session.id, userId: 'alice' }]);
    expect(await store.load(later.id)).not.toBeNull();
  });

  it('with signedInBefore, revokeEveryone() ends 250 sessions of one user by the index alone', async () => {
    const old = await Promise.all(Array.from({ length: 250 }, () => signIn('alice')));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const later = await signIn('alice');
    const moved: SessionRecord[] = [];
    const restore = afterScan(connection.client as Redis, 1, async () => {
      moved.push(...(await Promise.all(old.map((session) => regenerated(session)))));
    });
    const ended = await revokeEveryone(store, [], later.signedInAt).finally(restore);
    expect(ended.map(({ id }) => id).sort()).toEqual(moved.map(({ id }) => id).sort());
    expect((await store.list('alice')).map(({ id }) => id)).toEqual([later.id]);
  });

  it('revokeEveryone() ends a session that its index lost, which can get no new id meanwhile', async () => {
    const session = await signIn('alice');
    const [index] = (await findKeys(connection.client, '')).filter((key) => key.endsWith(':u:alice'));
    await connection.client.del(index as string);
    const to = freshIdBeside(session);
    const restore = afterScan(connection.client as Redis, 1, async () => {
      expect(await store.regenerate({ from: session, to, keepData: true })).toBeNull();
    });
    await revokeEveryone().finally(restore);
    for (const id of [session.id, to]) expect(await store.load(id)).toBeNull();
  });

  it('a session that begins after revokeEveryone() lives, and only notices of the others remain', async () => {
    for (const user of ['alice', 'bob']) await signIn(user);
    await regenerated(await anonymous());
    expect(await revokeEveryone()).toHaveLength(3);
    const keys = await findKeys(connection.client, '');
    expect(keys.filter((key) => !key.includes(':gone:'))).toEqual([]);
    const { id } = await signIn('alice');
    expect(await store.load(id)).not.toBeNull();
  });

  it('revokeEveryone() scans in small steps, without KEYS, and leaves keys of other prefixes untouched', async () => {
    const client = connection.client as Redis;
    const others = ['other:{abc}:0123456789012345678901', 'aXb[c]?:{abc}:0123456789012345678901', 'plain'];
    for (const key of others) await client.set(key, 'x');
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => signIn(`user${index}`)));
    await client.config('RESETSTAT');
    expect(await revokeEveryone()).toHaveLength(1_000);
    const stats = await client.info('commandstats');
    const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    expect(calls('scan')).toBeGreaterThanOrEqual(8); // some 2,000 keys in steps of 250, and notices instead
    expect(calls('keys')).toBe(0);
    for (const key of others) expect(await client.get(key)).toBe('x');
  });

  it('revokeEveryone() finds the keys of a client with a keyPrefix', async () => {
    const prefixed = await open({ host: '127.0.0.1', port: server.port, keyPrefix: 'app[1]*:' });
    try {
      const session = await signIn('alice', prefixed.store);
      const beside = await signIn('alice');
      expect(await revokeEveryone(prefixed.store)).toEqual([{ id: session.id, userId: 'alice' }]);
      expect(await store.load(beside.id)).not.toBeNull();
    } finally {
      await prefixed.connection.close();
    }
  });

  it('revokeEveryone() fails if Redis is lost part-way, reports the sessions it ended, and ends the rest when it is called again', async () => {
    for (const user of ['alice', 'bob', 'carol']) await signIn(user);
    const reported: EndedSession[] = [];
    // The first scan has ended all sessions. The second one has lost its server.
    const restore = afterScan(connection.client as Redis, 2, async () => {
      await proxy.refuse();

      await untilLost();
    });
    await expect(revokeEveryone(store, reported).finally(restore)).rejects.toThrow(SessionUnavailableError);
    expect(reported).toHaveLength(3);
    await proxy.pass();
    await untilBack();
    const late = await signIn('dave');
    expect(await revokeEveryone()).toEqual([{ id: late.id, userId: 'dave' }]);
  });

  it('revokeEveryone() fails if its connection was replaced meanwhile', async () => {
    await signIn('alice');
    const restore = afterScan(connection.client as Redis, 1, async () => {
      proxy.cut();
      await untilLost();
      await untilBack();
    });
    const failure = await revokeEveryone()
      .finally(restore)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SessionUnavailableError);
    expect((failure as SessionUnavailableError).detail).toMatch(
      /end the sessions of everyone.*connection was lost/,
    );
  });
});

async function untilLost(): Promise<void> {
  while (connection.client.status === 'ready') await new Promise((resolve) => setTimeout(resolve, 5));
}

async function untilBack(): Promise<void> {
  for (;;) {
    try {
      return await store.ping();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

(canRunTopologies ? describe : describe.skip)('ending the sessions of everyone in a Cluster', () => {
  let cluster: ClusterTopology;
  let clustered: Awaited<ReturnType<typeof open>>;

  beforeAll(async () => {
    cluster = await startCluster();
    clustered = await open(cluster.target);
  }, WITHIN_MS);
  afterAll(async () => {
    await clustered?.connection.close();
    await cluster?.stop();
  });

  it(
    'revokeEveryone() ends the sessions on every master, including those that get a new id meanwhile',
    async () => {
      const at = clustered.store;
      const sessions = await Promise.all([
        ...Array.from({ length: 30 }, (_, index) => signIn(`user${index}`, at)),
        ...Array.from({ length: 30 }, () => anonymous(at)),
      ]);
      const masters = (clustered.connection.client as unknown as { nodes(role: string): Redis[] }).nodes(
        'master',
      );
      const next: SessionRecord[] = [];
      const moved = sessions.filter((_, index) => index % 2 === 0);
      const restores = [
        // No session has ended yet when the first reply arrives.
        afterScan(masters[0] as Redis, 1, async () => {
          next.push(...(await Promise.all(moved.map((session) => regenerated(session, at)))));
        }),
      ];
      const ended = await revokeEveryone(at).finally(() => restores.forEach((restore) => restore()));
      expect(ended).toHaveLength(sessions.length);
      for (const { id } of [...sessions, ...next]) expect(await at.load(id)).toBeNull();
    },
    WITHIN_MS,
  );

  it('revokeEveryone() fails while a slot is being moved', async () => {
    const [one, other] = await cluster.masters();
    const [range] = (await cluster.ranges()).filter(({ node }) => node === one);
    const id = String(await other!.ask('CLUSTER', 'MYID'));
    await one!.ask('CLUSTER', 'SETSLOT', String(range!.from), 'MIGRATING', id);
    try {
      const session = await signIn('alice', clustered.store);
      await expect(revokeEveryone(clustered.store)).rejects.toMatchObject({
        detail: expect.stringContaining('slots of the Cluster were moved') as string,
      });
      expect(await clustered.store.load(session.id)).toBeNull(); // it has ended the session that it found
    } finally {
      await one!.ask('CLUSTER', 'SETSLOT', String(range!.from), 'STABLE');
    }
    await expect(revokeEveryone(clustered.store)).resolves.toEqual([]);
  });
});

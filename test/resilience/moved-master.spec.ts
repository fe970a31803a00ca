import { Redis } from 'ioredis';
import { NestFactory } from '@nestjs/core';
import {
  RedisStore,
  type RedisTarget,
  SessionHealth,
  SessionModule,
  SessionUnavailableError,
} from 'nestjs-redis-session';
import { plainSignIn } from 'nestjs-redis-session/testing';
import { openRedis, type RedisConnection } from '../support/white-box.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import { log } from '../support/log-book.js';
import { HOST, RedisNode, untilReplicated } from '../support/redis-node.js';
import { eventually, until } from '../support/until.js';

const DEADLINE_MS = 1_000;
const SETTINGS = { prefix: 'moved:', deadlineMs: DEADLINE_MS, noticeTtlMs: 60_000 };

let nodes: RedisNode[];
/** Name that resolves to the master. */
let name: FaultProxy;
let connection: RedisConnection;
let store: RedisStore;

beforeAll(async () => {
  const args = ['--repl-diskless-sync-delay', '0'];
  nodes = await Promise.all([RedisNode.start({ args }), RedisNode.start({ args })]);
  name = await FaultProxy.start(port(0));
});
afterAll(async () => {
  await name?.stop();
  await Promise.all((nodes ?? []).map((node) => node.stop()));
});
beforeEach(async () => {
  await makeMaster(0);
  name.redirect(port(0));
});
afterEach(() => connection?.close());

const node = (index: number) => nodes[index] as RedisNode;
const port = (index: number) => node(index).port;

async function makeMaster(index: number): Promise<void> {
  await node(index).ask('REPLICAOF', 'NO', 'ONE');
  await node(1 - index).ask('REPLICAOF', HOST, port(index));
  await until('a replica that follows', 15_000, async () => {
    return (await node(1 - index).info())['master_link_status'] === 'up';
  });
  await untilReplicated(nodes);
}

/** Creates a client with the options of the guide, and otherwise defaults. */
const handIn = (more: object) => {
  const client = new Redis({ port: name.port, enableOfflineQueue: false, maxRetriesPerRequest: 0, ...more });
  client.on('error', () => undefined);
  return client;
};

const targets: [string, () => RedisTarget][] = [
  ['that the module opened', () => ({ port: name.port })],

  ['that was passed in', () => handIn({})],

  ['that was passed in, with a database of its own', () => handIn({ db: 1 })],
];

describe.each(targets)(
  'a client %s, behind a name that now resolves to another master',
  (_whose, targetOf) => {
    it('a client follows a name to its new master, although the old master stays connected as a replica', async () => {
      const target = targetOf();
      connection = await openRedis(target, DEADLINE_MS, () => undefined);
      store = new RedisStore(connection.client, SETTINGS);
      await store.signIn(plainSignIn('alice'));
      await makeMaster(1);
      name.redirectNew(port(1));
      const outcome = await eventually(() => store.signIn(plainSignIn('bob')));
      expect(outcome.status).toBe('signed-in');
      await store.ping();
      for (let n = 0; n < 5; n += 1) await store.signIn(plainSignIn('bob'));
      if (target instanceof Redis) target.disconnect();
    });
  },
);

describe('a permanent replica', () => {
  /** Creates a client that never reconnects, and so stays on its server. */
  const staying = () => handIn({ retryStrategy: () => null });

  it('a permanent replica rejects writes, and still serves reads', async () => {
    const client = staying();
    connection = await openRedis(client, DEADLINE_MS, () => undefined);
    store = new RedisStore(connection.client, SETTINGS);
    const intent = plainSignIn('alice');
    await store.signIn(intent);
    await makeMaster(1);
    for (let time = 0; time < 8; time += 1) {
      await expect(store.signIn(plainSignIn('bob'))).rejects.toThrow(SessionUnavailableError);
    }
    expect(await store.load(intent.id)).toMatchObject({ userId: 'alice' });
    expect(store.breaker.state).toBe('closed');
    client.disconnect();
  });

  it('a permanent replica is reported as down by the health check, and at start', async () => {
    await makeMaster(1);
    const client = staying();
    const sessionModule = SessionModule.forRoot({
      redis: client,
      redisChecks: { ignore: ['no-persistence'] },
      outage: { deadline: '2s' },
    });
    const app = await NestFactory.createApplicationContext(sessionModule, { abortOnError: false });
    expect(log.recent('warn').join('\n')).toMatch(/READONLY.*users who are signed in are served/);
    expect(await app.get(SessionHealth).report()).toMatchObject({ status: 'down', breaker: 'closed' });
    await makeMaster(0);
    expect(await app.get(SessionHealth).report()).toMatchObject({ status: 'up' });
    await app.close();
    client.disconnect();
  });
});

describe('a server that rejects writes', () => {
  it.each([
    ['its memory is full', 'maxmemory', '1', '0'],
    ['it has too few replicas', 'min-replicas-to-write', '3', '0'],
  ])('a ping fails if a server rejects writes because %s', async (_why, setting, on, off) => {
    connection = await openRedis({ port: name.port }, DEADLINE_MS, () => undefined);
    store = new RedisStore(connection.client, SETTINGS);
    await store.ping();
    await node(0).ask('CONFIG', 'SET', setting, on);
    try {
      await expect(store.ping()).rejects.toThrow(SessionUnavailableError);
    } finally {
      await node(0).ask('CONFIG', 'SET', setting, off);
    }
    await store.ping();
    expect(await node(0).ask('DBSIZE')).toBe(await node(1).ask('DBSIZE'));
  });
});

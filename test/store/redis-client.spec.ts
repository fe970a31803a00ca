import { Redis } from 'ioredis';
import { RedisStore, SessionOptionsError, SessionUnavailableError } from 'nestjs-redis-session';
import { freshId, plainSignIn } from 'nestjs-redis-session/testing';
import { openRedis } from '../support/white-box.js';
import { failureOf } from '../support/failure.js';
import type { RedisServer } from '../support/redis-server.js';
import { freePort, startRedisServer } from '../support/redis-server.js';
import { eventually, until } from '../support/until.js';

const DEADLINE_MS = 250;
/** Delay of a timer on a busy machine, on top of its time. */
const SLACK_MS = 750;

let server: RedisServer;
const warnings: string[] = [];
const warn = (message: string) => void warnings.push(message);

beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  warnings.length = 0;
});

function storeOn(client: Redis): RedisStore {
  return new RedisStore(client, { prefix: 'session:', deadlineMs: DEADLINE_MS, noticeTtlMs: 60_000 });
}

async function openStore(target: string) {
  const connection = await openRedis(target, DEADLINE_MS, warn);
  return { connection, store: storeOn(connection.client as Redis) };
}

/** Opens a store on a client with safe options and without a timeout of its own. */
async function handInStore(target: string) {
  const client = new Redis(target, { enableOfflineQueue: false, maxRetriesPerRequest: 0, lazyConnect: true });
  await client.connect();
  return { connection: { close: () => client.quit() }, store: storeOn(client) };
}

/** Returns the error of an operation, and the time until it failed. */
describe('a Redis that is unreachable at the start', () => {
  it('an unreachable Redis stops the start with a message that names the address, without the password', async () => {
    const target = `redis://someone:hunter2@127.0.0.1:${await freePort()}`;
    const { error } = await failureOf(() => openRedis(target, DEADLINE_MS, warn));
    expect(error).toBeInstanceOf(SessionOptionsError);
    const { message } = error as Error;
    expect(message).toMatch(
      /^redis: expected a server that answers at 127\.0\.0\.1:\d+, but \S.*correct the option "redis"\.$/,
    );
    expect(message + warnings.join()).not.toContain('hunter2');
  });

  it.each([
    ['options', (port: number) => ({ host: '127.0.0.1', port, password: 'hunter2' }), /127\.0\.0\.1:\d+/],
    [
      'a Cluster',
      (port: number) => ({
        cluster: [`redis://:hunter2@127.0.0.1:${port}`],
        options: { redisOptions: { password: 'hunter2' } },
      }),
      /any of redis:\/\/127\.0\.0\.1:\d+/,
    ],
  ])('an unreachable Redis that is configured by %s stops the start, too', async (_what, targetAt, place) => {
    const { error } = await failureOf(async () => openRedis(targetAt(await freePort()), DEADLINE_MS, warn));
    expect(error).toBeInstanceOf(SessionOptionsError);
    expect((error as Error).message).toMatch(place);
    expect((error as Error).message + warnings.join()).not.toContain('hunter2');
  });
});

describe('a Redis that stops responding', () => {
  it.each([
    ["the module's own client", openStore],
    ['a client that was passed in', handInStore],
  ])(
    'on %s, calls to a silent Redis fail within the deadline, and succeed when Redis responds again',
    async (_whose, open) => {
      const { store, connection } = await open(server.url);
      const intent = plainSignIn('alice');
      await store.signIn(intent);
      await server.kill('SIGSTOP');
      try {
        for (const call of [
          () => store.load(intent.id),
          () => store.signIn(plainSignIn('alice')),
          () => store.list('alice'),
          () => store.ping(),
        ]) {
          const { error, tookMs } = await failureOf(call);
          expect(error).toBeInstanceOf(SessionUnavailableError);
          expect((error as Error).message).toMatch(/^The session store could not \S/);
          expect(tookMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
        }
      } finally {
        await server.kill('SIGCONT');
      }
      await expect(eventually(() => store.load(intent.id))).resolves.toMatchObject({ userId: 'alice' });
      await connection.close();
    },
  );

  it('a connection that owes a reply for a second is replaced, because its host name may resolve to another server by then', async () => {
    const { store, connection } = await openStore(server.url);
    await server.kill('SIGSTOP');
    try {
      await failureOf(() => store.ping());
      expect(connection.client.status).toBe('ready');
      await until('the end of the connection', 3_000, () => connection.client.status !== 'ready');
    } finally {
      await server.kill('SIGCONT');
    }
    await eventually(() => store.ping());
    await connection.close();
  });

  it('a script that the server has lost is not sent again after the deadline', async () => {
    const { store, connection } = await openStore(server.url);
    const intent = plainSignIn('late');
    await (connection.client as Redis).script('FLUSH');
    await server.kill('SIGSTOP');
    const { error } = await failureOf(() => store.signIn(intent));
    expect(error).toBeInstanceOf(SessionUnavailableError);
    await server.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, DEADLINE_MS));
    expect(await eventually(() => store.load(intent.id))).toBeNull();
    await connection.close();
  });

  it('calls fail fast while Redis is down, and succeed when Redis is back without its scripts', async () => {
    const port = await freePort();
    const first = await startRedisServer({ port });
    const { store, connection } = await openStore(first.url);
    await store.signIn(plainSignIn('alice'));
    await first.stop();
    await eventually(async () => {
      const { error } = await failureOf(() => store.load(freshId()));
      expect(error).toBeInstanceOf(SessionUnavailableError);
    });
    const { tookMs } = await failureOf(() => store.load(freshId()));
    expect(tookMs).toBeLessThan(DEADLINE_MS);
    await eventually(() => Promise.resolve(expect(warnings).toHaveLength(1)));
    const second = await startRedisServer({ port });
    const outcome = await eventually(() => store.signIn(plainSignIn('alice')));
    expect(outcome.status).toBe('signed-in');
    expect(warnings).toEqual([
      expect.stringMatching(/^Redis connection failed: .+ Reconnecting\.$/),
      'Redis connection restored.',
    ]);
    await connection.close();
    await second.stop();
  });
});

describe('the client of a connection', () => {
  it('a client of the module is closed with the connection', async () => {
    const connection = await openRedis(server.url, DEADLINE_MS, warn);
    const { client, isOwn } = connection;
    expect(isOwn).toBe(true);
    await client.ping();
    await connection.close();
    await eventually(() => Promise.resolve(expect(client.status).toBe('end')));
  });

  it('a client of the module neither queues nor repeats commands, and has no timeout of its own', async () => {
    const target = { port: server.port, enableOfflineQueue: true };
    const connection = await openRedis(target, DEADLINE_MS, warn);
    const { enableOfflineQueue, maxRetriesPerRequest, commandTimeout } = (connection.client as Redis).options;
    expect({ enableOfflineQueue, maxRetriesPerRequest, commandTimeout }).toEqual({
      ...{ enableOfflineQueue: false, maxRetriesPerRequest: 0 },
      commandTimeout: undefined,
    });
    await connection.close();
  });

  it('a client that was passed in is used unchanged and stays open', async () => {
    const own = new Redis(server.url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      lazyConnect: true,
    });
    await own.connect();
    const connection = await openRedis(own, DEADLINE_MS, warn);
    expect(connection.client).toBe(own);
    expect(connection.isOwn).toBe(false);
    const store = storeOn(own);
    await store.ping();
    await store.close();
    await connection.close();
    await expect(own.ping()).resolves.toBe('PONG');
    expect(warnings).toEqual([]);
    await own.quit();
  });

  it('a client that was passed in with unsafe options is logged with the remedy', async () => {
    const own = new Redis(server.url);
    await openRedis(own, DEADLINE_MS, warn);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/enableOfflineQueue: .*maxRetriesPerRequest: .*Create it with \{/s);
    await own.quit();
  });
});

import { Redis } from 'ioredis';
import {
  RedisStore,
  type RedisTarget,
  SessionMisconfiguredError,
  SessionOptionsError,
} from 'nestjs-redis-session';
import { freshId, plainSignIn } from 'nestjs-redis-session/testing';
import { openDurable, openRedis, type RedisConnection } from '../support/white-box.js';
import { CachedProcess } from '../cache/support/cached-process.js';
import { failureOf } from '../support/failure.js';
import { RedisNode } from '../support/redis-node.js';
import { eventually, until } from '../support/until.js';

const DEADLINE_MS = 1_000;
const PREFIX = 'session:';
const USER = { username: 'app', password: 'secret' };
const SAFE = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: () => 20,
  // ioredis keeps the process alive for so long after it closes a connection that was lost before.
  disconnectTimeout: 50,
} as const;
const REVOKED = { reason: 'revoked' } as const;

let server: RedisNode;
const warnings: string[] = [];
const warn = (message: string) => void warnings.push(message);
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  server = await RedisNode.start({});
});
afterAll(() => server.stop());
beforeEach(async () => {
  warnings.length = 0;
  await server.ask('FLUSHALL');
  await server.ask('ACL', 'SETUSER', 'app', 'reset', 'on', '>secret', '~*', '&*', '+@all');
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const maySelect = (yes: boolean) => server.ask('ACL', 'SETUSER', 'app', yes ? '+select' : '-select');
const optionsOf = (db: number) => ({ ...USER, host: '127.0.0.1', port: server.port, db });

function handedIn(db: number, more: object = {}): Redis {
  const client = new Redis({ ...optionsOf(db), ...SAFE, ...more });
  client.on('error', () => undefined);
  closers.push(() => client.disconnect());
  return client;
}

async function open(target: RedisTarget): Promise<RedisConnection> {
  const connection = await openRedis(target, DEADLINE_MS, warn);
  closers.push(() => connection.close());
  return connection;
}

const storeOn = (client: RedisConnection['client']) =>
  new RedisStore(client, { prefix: PREFIX, deadlineMs: DEADLINE_MS, noticeTtlMs: 60_000 });

async function signedIn(store: RedisStore) {
  const outcome = await store.signIn(plainSignIn('alice'));
  if (outcome.status !== 'signed-in') throw new Error('alice could not sign in');
  return outcome.record;
}

/** Stores a session of another application with the same id in database 0. */
async function neighborOf(id: string): Promise<void> {
  const [shard, handle] = [id.slice(0, 3), id.slice(3)];
  await server.ask('SELECT', 1);
  await server.ask('COPY', `${PREFIX}{${shard}}:${handle}`, `${PREFIX}{${shard}}:${handle}`, 'DB', 0);
  await server.ask('SELECT', 0);
}

async function cutConnections(): Promise<void> {
  await server.ask('CLIENT', 'KILL', 'USER', 'app');
}

describe('a start with a database that Redis refuses', () => {
  const targets: [string, (db: number) => RedisTarget][] = [
    ['a URL', (db) => `redis://app:secret@127.0.0.1:${server.port}/${db}`],
    ['options', optionsOf],
    ['a client that is connecting', (db) => handedIn(db)],
    ['a client that has not begun to connect', (db) => handedIn(db, { lazyConnect: true })],
    ['a client without a ready check', (db) => handedIn(db, { enableReadyCheck: false })],
    ['a client that queues', (db) => handedIn(db, { enableOfflineQueue: true })],
  ];

  it.each(targets)(
    'a database that the Redis user may not select stops the start: %s',
    async (_what, targetAt) => {
      await maySelect(false);
      const { error } = await failureOf(() => open(targetAt(1)));
      expect(error).toBeInstanceOf(SessionOptionsError);
      expect((error as Error).message).toMatch(/^redis: expected database 1 at .*NOPERM.*\+select/);
      expect((error as Error).message).not.toContain('secret');
    },
  );

  it.each(targets)('a database number that does not exist stops the start: %s', async (_what, targetAt) => {
    const { error } = await failureOf(() => open(targetAt(99)));
    expect(error).toBeInstanceOf(SessionOptionsError);
    expect((error as Error).message).toMatch(/^redis: expected database 99 at .*out of range/);
  });

  it('a database that Redis refused to a client before it was passed in stops the start', async () => {
    await maySelect(false);
    const client = handedIn(1);
    await new Promise((resolve) => client.once('ready', resolve));
    const { error } = await failureOf(() => open(client));
    expect(error).toBeInstanceOf(SessionOptionsError);
    expect((error as Error).message).toMatch(/^redis: expected database 1 /);
    expect(await server.ask('DBSIZE')).toBe(0);
  });
});

describe('a database that Redis refuses at a reconnection', () => {
  it.each<[string, () => RedisTarget]>([
    ['that the module opened', () => optionsOf(1)],
    ['that was passed in', () => handedIn(1)],
    ['that was passed in, without a ready check', () => handedIn(1, { enableReadyCheck: false })],
    [
      'that was passed in, with an offline queue',
      () => handedIn(1, { enableOfflineQueue: true, maxRetriesPerRequest: 20 }),
    ],
  ])(
    'a client %s never uses another database, and uses its own again when Redis permits it',
    async (_whose, targetOf) => {
      const { client } = await open(targetOf());
      const store = storeOn(client);
      const record = await signedIn(store);
      await neighborOf(record.id);
      await maySelect(false);
      await cutConnections();
      let failures = 0;
      await until('a refusal that names its reason', 10_000, async () => {
        const { error } = await failureOf(() =>
          store.commit(record, { set: new Map([['a', '1']]), remove: [] }),
        );
        failures += error ? 1 : 0;
        return error instanceof SessionMisconfiguredError && error.detail.includes('select');
      });
      for (let time = 0; time < 20; time += 1) {
        expect((await failureOf(() => store.load(record.id))).error).not.toBeNull();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(failures).toBeGreaterThan(0);
      expect(await server.ask('KEYS', '*:u:*')).toEqual([]); // of database 0
      expect(warnings.filter((text) => text.includes('restored'))).toEqual([]);
      await maySelect(true);
      expect(await eventually(() => store.load(record.id), 10_000)).toMatchObject({ userId: 'alice' });
      await until('the log of the recovery', 5_000, () => warnings.includes('Redis connection restored.'));
    },
  );
});

describe("the module's other connections", () => {
  it("sessions are ended in the database that the application's client has selected", async () => {
    const client = handedIn(0);
    await eventually(() => client.select(1));
    await open(client);
    const durable = openDurable(client, DEADLINE_MS, { replicas: 1, timeoutMs: 10 }, () => undefined);
    closers.push(() => durable.close());
    const settings = { prefix: PREFIX, deadlineMs: DEADLINE_MS, noticeTtlMs: 60_000 };
    const store = new RedisStore(client, { ...settings, ending: durable });
    const record = await signedIn(store);
    await eventually(() => store.destroy(record.id, REVOKED));
    expect(await store.load(record.id)).toBeNull();
  });

  it('the cache reads from the database of the client alone', async () => {
    const cached = await CachedProcess.open(optionsOf(1), { prefix: PREFIX });
    closers.push(() => cached.close());
    const record = await cached.signedIn('alice');
    await neighborOf(record.id);
    await cached.raw.destroy(record.id, REVOKED);
    await cached.untilGone(record);
    await maySelect(false);
    await server.ask('ACL', 'LOG', 'RESET');
    // Only the connections of the cache: the client stays connected.
    const list = String(await server.ask('CLIENT', 'LIST')).split('\n');
    const readers = list.filter((line) => /user=app/.test(line) && /flags=\S*[tP]/.test(line));
    expect(readers.length).toBeGreaterThan(0);
    for (const line of readers)
      await server.ask('CLIENT', 'KILL', 'ID', /id=(\d+)/.exec(line)?.[1] as string);
    await until('a cache that is out of use', 10_000, () => cached.statistics.state === 'bypassed');
    await until('another try to bring it back', 10_000, async () =>
      JSON.stringify(await server.ask('ACL', 'LOG')).includes('"select"'),
    );
    for (let time = 0; time < 20; time += 1) {
      expect(await cached.store.load(record.id)).toBeNull();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(cached.statistics.state).toBe('bypassed');
    await maySelect(true);
    await cached.untilCoherent();
  });
});

it('a client without a chosen database sends no SELECT', async () => {
  await server.ask('CONFIG', 'RESETSTAT');
  const { client } = await open(optionsOf(0));
  await storeOn(client).load(freshId());
  expect(Object.keys(await server.info('INFO', 'commandstats'))).not.toContain('cmdstat_select');
});

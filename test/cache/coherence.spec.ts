import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import {
  RedisStore,
  type SessionId,
  type SessionRecord,
  SessionUnavailableError,
} from 'nestjs-redis-session';
import { freshId } from 'nestjs-redis-session/testing';
import { RedisKeys } from '../support/white-box.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import { HOST, RedisNode } from '../support/redis-node.js';
import { WITH_DEBUG } from '../support/server-version.js';
import { eventually, until } from '../support/until.js';
import { CachedProcess, newPrefix, PATIENCE_MS } from './support/cached-process.js';

const STALENESS_MS = 500;
const REVOKED = { reason: 'revoked' } as const;

let server: RedisNode;
let proxy: FaultProxy;
let prefix: string;
/** Store of another process, which writes directly to the server. */
let other: RedisStore;
/** Process with the cache, which reaches the server through the proxy. */
let cached: CachedProcess;

beforeAll(async () => {
  server = await RedisNode.start({ args: WITH_DEBUG });
  proxy = await FaultProxy.start(server.port);
});
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});
beforeEach(async () => {
  await proxy.pass();
  prefix = newPrefix();
  other = new RedisStore(server.admin, { prefix, deadlineMs: 5_000, noticeTtlMs: 60_000 });
});
afterEach(() => cached?.close());

const open = (stalenessMs = STALENESS_MS) => openAt(`redis://${HOST}:${proxy.port}`, stalenessMs);
const keyOf = ({ id }: Pick<SessionRecord, 'id'>) => new RedisKeys(prefix).session(id);
const clients = (type: string) => server.ask('CLIENT', 'LIST', 'TYPE', type) as Promise<string>;

/** Returns the time of the server's clock, in milliseconds since 1970. */
async function serverTime(): Promise<number> {
  const [seconds, microseconds] = (await server.ask('TIME')) as [string, string];
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}

/** Returns when a session ends by the server's clock, or a little later, without reading the session. */
async function endOf(id: SessionId): Promise<number> {
  const leftMs = (await server.ask('PTTL', keyOf({ id }))) as number;
  return (await serverTime()) + leftMs;
}

/** Waits by the server's clock, because this clock ends sessions. */
function untilServerTime(time: number): Promise<void> {
  return until("the time on the server's clock", PATIENCE_MS, async () => (await serverTime()) > time);
}

async function openAt(target: string, stalenessMs: number): Promise<void> {
  cached = await CachedProcess.open(target, { prefix, stalenessMs });
}

describe('changes by another process', () => {
  beforeEach(() => open());

  it('a change by another process is visible before the staleness bound', async () => {
    const record = await cached.signedIn('alice');
    await other.revokeAll('alice', REVOKED, null);
    await cached.untilGone(record);
    expect(cached.statistics.invalidations).toBeGreaterThan(0);
  });

  it("another process's revokeEveryone() is visible", async () => {
    const records = [await cached.signedIn('alice'), await cached.signedIn('bob')];
    await other.revokeEveryone(REVOKED, { except: null, signedInBefore: null }, () => undefined);
    for (const record of records) await cached.untilGone(record);
  });

  it('changes to a hundred sessions are visible, although the server tracks at most ten keys', async () => {
    await server.ask('CONFIG', 'SET', 'tracking-table-max-keys', 10);
    const records = await Promise.all(Array.from({ length: 100 }, (_, n) => other.signIn(newUser(n))));
    const sessions = records.flatMap((outcome) => (outcome.status === 'signed-in' ? [outcome.record] : []));
    for (let round = 0; round < 3; round++) for (const { id } of sessions) await cached.store.load(id);
    await Promise.all(sessions.map(({ id }) => other.destroy(id, REVOKED)));
    for (const session of sessions) await cached.untilGone(session);
    await cached.untilCoherent();
    await server.ask('CONFIG', 'SET', 'tracking-table-max-keys', 1_000_000);
  });

  it('a FLUSHALL by another process is visible', async () => {
    const record = await cached.signedIn('alice');
    await server.ask('FLUSHALL');
    await cached.untilGone(record);
    await until('a flush', PATIENCE_MS, () => cached.statistics.flushes > 0);
    expect(await cached.eventsOf('cache-bypassed')).toEqual([]);
  });

  it('the heartbeat continues after another process has flushed all scripts', async () => {
    await cached.signedIn('alice');
    await server.ask('SCRIPT', 'FLUSH');
    await wait(2 * STALENESS_MS);
    await cached.untilCoherent();
    const record = await cached.signedIn('bob');
    await other.revokeAll('bob', REVOKED, null);
    await cached.untilGone(record);
    for (const { reason } of await cached.eventsOf('cache-bypassed'))
      expect(reason).not.toContain('NOSCRIPT');
  });
});

describe('a session that expires', () => {
  beforeEach(async () => {
    await server.ask('DEBUG', 'SET-ACTIVE-EXPIRE', 0); // no invalidation is sent
    await open(60_000);
  });
  afterEach(() => server.ask('DEBUG', 'SET-ACTIVE-EXPIRE', 1));

  it('a copy is dropped when its session expires', async () => {
    const { id } = await other.create({
      id: freshId(),
      timeouts: { idleMs: 1_000, absoluteMs: 3_600_000 },
      persistent: false,
      fields: new Map(),
    });
    await cached.store.load(id);
    await untilServerTime(await endOf(id));
    expect(await cached.store.load(id)).toBeNull();
  });

  it('a copy is dropped earlier when another client shortens the lifetime of its session', async () => {
    const record = await cached.signedIn('alice');
    await server.ask('PEXPIRE', keyOf(record), 300);
    const end = await endOf(record.id);
    await until('a session that is read anew', PATIENCE_MS, async () => {
      const copy = await cached.store.load(record.id);
      return copy === null || cached.statistics.invalidations > 0;
    });
    await untilServerTime(end);
    expect(await cached.store.load(record.id)).toBeNull();
  });
});

describe('a connection that is cut', () => {
  beforeEach(() => open(60_000));

  it.each([
    ['for invalidations', 'pubsub', ''],
    ['for reads', 'normal', ' flags=t'],
    ['for writes', 'normal', ''],
  ])(
    'the loss of the connection %s empties the cache, which is restored afterwards',
    async (_name, type, mark) => {
      const record = await cached.signedIn('alice');
      await cutOff(type, mark);
      await other.destroy(record.id, REVOKED);
      await until('a cache that was put out of use', PATIENCE_MS, () => cached.statistics.flushes > 0);
      expect(await eventually(() => cached.store.load(record.id), PATIENCE_MS)).toBeNull();
      await until(
        'a cache that is back',
        PATIENCE_MS,
        async () => (await cached.eventsOf('cache-restored')).length > 0,
      );
      const next = await cached.signedIn('bob');
      await other.destroy(next.id, REVOKED);
      await cached.untilGone(next);
      const [bypassed] = await cached.eventsOf('cache-bypassed');
      expect(bypassed).toMatchObject({
        server: `${HOST}:${proxy.port}`,
        reason: expect.any(String) as string,
      });
    },
  );

  it('after its connections were cut, the cache has as many connections as before', async () => {
    const before = (await clients('normal')).split('\n').length;
    for (let n = 0; n < 3; n++) {
      await cutOff('pubsub', '');
      await until('a flush', PATIENCE_MS, () => cached.statistics.flushes > n);
      await cached.untilCoherent();
    }
    await until('as many connections as before', PATIENCE_MS, async () => {
      const [normal, pubsub] = [await clients('normal'), await clients('pubsub')];
      return normal.split('\n').length === before && pubsub.trim().split('\n').length === 1;
    });
  });

  /** Cuts connections of the process from the server's side. */
  async function cutOff(type: string, mark: string): Promise<void> {
    const own = await server.admin.client('ID');
    for (const line of (await clients(type)).trim().split('\n')) {
      const [, id] = /^id=(\d+)/.exec(line) ?? [];
      const isReader = line.includes(' flags=t');
      if (id === undefined || Number(id) === own || isReader !== (mark !== '')) continue;
      await server.ask('CLIENT', 'KILL', 'ID', id);
    }
  }
});

describe('a silent connection', () => {
  beforeEach(() => open());

  it.each([
    ['for invalidations', (request: string) => request.includes('__redis__:invalidate')],
    ['for reads', (request: string) => request.includes('tracking')],
  ])(
    'if the connection %s falls silent, no copy is served beyond the staleness bound',
    async (_name, isMeant) => {
      const record = await cached.signedIn('alice');
      proxy.freeze(isMeant);
      await other.destroy(record.id, REVOKED);
      await wait(STALENESS_MS);
      expect(await cached.store.load(record.id)).toBeNull();
      await proxy.pass();
      await until(
        'a cache that is back',
        PATIENCE_MS,
        async () => (await cached.eventsOf('cache-restored')).length > 0,
      );
      const next = await cached.signedIn('bob');
      await other.destroy(next.id, REVOKED);
      await cached.untilGone(next);
    },
  );

  it('if Redis falls silent, no copy is served beyond the staleness bound', async () => {
    const record = await cached.signedIn('alice');
    proxy.freeze();
    await wait(STALENESS_MS);
    await expect(cached.store.load(record.id)).rejects.toBeInstanceOf(SessionUnavailableError);
    await proxy.pass();
    await eventually(() => cached.store.load(record.id), PATIENCE_MS);
    await cached.untilKept(record);
  });
});

describe('a server that restarts without its data', () => {
  it('the cache serves no copy from before the restart', async () => {
    await open(60_000);
    const record = await cached.signedIn('alice');
    await server.kill();
    await until('a cache that was put out of use', PATIENCE_MS, () => cached.statistics.flushes > 0);
    await expect(cached.store.load(record.id)).rejects.toBeInstanceOf(SessionUnavailableError);
    await server.restart();
    expect(await eventually(() => cached.store.load(record.id), PATIENCE_MS)).toBeNull();
    await cached.untilCoherent();
    await cached.signedIn('bob');
  }, 60_000);
});

describe('a client of the application', () => {
  it.each([
    ['with a keyPrefix', { keyPrefix: 'tenant:' }],
    ['in another database', { db: 3 }],
    ['with RESP2', { protocol: 2 as const }],
  ])('the cache works on a client %s', async (_name, options) => {
    const client = new Redis(server.port, HOST, options);
    const theirs = new RedisStore(client, { prefix, deadlineMs: 5_000, noticeTtlMs: 60_000 });
    cached = await CachedProcess.open(client, { prefix });
    const record = await cached.signedIn('alice');
    await theirs.destroy(record.id, REVOKED);
    await cached.untilGone(record);
    await client.quit();
  });

  it('a client that selects another database later gets a cache of that database', async () => {
    const client = new Redis(server.port, HOST);
    await client.select(5);
    cached = await CachedProcess.open(client, { prefix });
    const record = await cached.signedIn('alice');
    expect(await client.exists(keyOf(record))).toBe(1);
    await client.quit();
  });
});

function newUser(n: number) {
  return {
    ...SIGN_IN,
    id: `${String(n).padStart(3, 'A')}${'x'.repeat(22)}` as SessionRecord['id'],
    userId: `user-${n}`,
  };
}

const SIGN_IN = {
  timeouts: { idleMs: 600_000, absoluteMs: 3_600_000 },
  persistent: false,
  limit: { max: null, onExceed: 'evict-oldest' },
  replaces: null,
  createdAt: null,
  changes: { set: new Map<string, string>(), remove: [] },
  device: null,
  address: null,
} as const;

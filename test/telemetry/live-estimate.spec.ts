import { Redis } from 'ioredis';
import { MemoryStore, RedisStore, type RedisStoreSettings } from 'nestjs-redis-session';
import { freshId, LONG_TIMEOUTS, plainSignIn } from 'nestjs-redis-session/testing';
import { type RedisServer, startRedisServer } from '../../scripts/redis-server.mjs';
import { RedisKeys } from '../support/white-box.js';

const SESSIONS = 30_000;
const SESSIONS_PER_USER = 3;
const SETTINGS: RedisStoreSettings = { prefix: 'live:', deadlineMs: 5_000, noticeTtlMs: 60_000 };
/** The error that is stated is that of 95 % of the estimates; two and a half times as much is exceeded once in a million. */
const MARGIN = 2.5;

let server: RedisServer;
let redis: Redis;
let store: RedisStore;

beforeAll(async () => {
  // Without active expiry, expired keys stay in memory, as after a mass expiry.
  server = await startRedisServer({ args: ['--enable-debug-command', 'yes'] });
  redis = new Redis(server.url);
  store = new RedisStore(redis, SETTINGS);
});
beforeEach(() => redis.flushall());
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** Stores keys as sessions and indexes have them, because 30,000 sign-ins would take long. */
async function fill(sessions: number): Promise<void> {
  const keys = new RedisKeys(SETTINGS.prefix);
  const pipeline = redis.pipeline();
  for (let number = 0; number < sessions; number++) {
    const id = freshId();
    pipeline.hset(keys.session(id), 'a', '1');
    const isFirst = number % SESSIONS_PER_USER === 0;
    if (isFirst) pipeline.zadd(keys.index(id.slice(0, 3) as never, `user${number}`), 1, 'x');
  }
  await pipeline.exec();
}

describe('the estimate of live sessions', () => {
  it('counts all sessions and users while there are few', async () => {
    for (const user of ['ada', 'ada', 'bob']) await store.signIn(plainSignIn(user));
    const timeouts = LONG_TIMEOUTS;
    await store.create({ id: freshId(), timeouts, persistent: false, fields: new Map([['a', '1']]) });
    expect(await store.estimateLive()).toEqual({ sessions: 4, users: 2, error: 0 });
  });

  it('reads a part of many sessions, and is right within the error that it states', async () => {
    await fill(SESSIONS);
    await redis.config('RESETSTAT');
    const { sessions, users, error } = await store.estimateLive();
    expect(Math.abs(sessions / SESSIONS - 1)).toBeLessThan(MARGIN * error);
    expect(error).toBeGreaterThan(0.01);
    expect(error).toBeLessThan(0.02);
    expect(Math.abs(users / (SESSIONS / SESSIONS_PER_USER) - 1)).toBeLessThan(0.1);
    const scans = Number(/cmdstat_scan:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1]);
    expect(scans).toBeLessThanOrEqual(40);
  });

  it('holds right after most sessions have expired at once, before Redis has removed them', async () => {
    await fill(SESSIONS);
    await redis.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    const names = await redis.keys(`${SETTINGS.prefix}*`);
    const expiring = names.slice(0, Math.floor(names.length * 0.8));
    const pipeline = redis.pipeline();
    for (const name of expiring) pipeline.pexpire(name, 1);
    await pipeline.exec();
    const live = names.slice(expiring.length).filter((name) => !name.includes(':u:')).length;
    const stored = await redis.dbsize();
    const { sessions, error } = await store.estimateLive();
    // Redis removes a few when it sets a time that has passed.
    expect(stored).toBeGreaterThan(names.length * 0.9);
    expect(Math.abs(sessions / live - 1)).toBeLessThan(Math.max(MARGIN * error, 0.001));
  });

  it('ignores keys of other applications', async () => {
    await fill(1_000);
    const pipeline = redis.pipeline();
    for (let number = 0; number < 5_000; number++) pipeline.set(`other:${number}`, 'x');
    await pipeline.exec();
    expect(await store.estimateLive()).toMatchObject({ sessions: 1_000, error: 0 });
  });

  it('counts the sessions of a memory store', async () => {
    const memory = new MemoryStore();
    for (const user of ['ada', 'ada', 'bob']) await memory.signIn(plainSignIn(user));
    expect(await memory.estimateLive()).toEqual({ sessions: 3, users: 2, error: 0 });
    await memory.close();
  });
});

import { setTimeout as wait } from 'node:timers/promises';
import type { SessionRecord, SignInIntent } from 'nestjs-redis-session';
import { RedisStore } from 'nestjs-redis-session';
import { Redis } from 'ioredis';
import { shardOfUser } from 'nestjs-redis-session/core';
import { plainSignIn } from 'nestjs-redis-session/testing';
import { RedisKeys } from '../support/white-box.js';
import type { RedisServer } from '../support/redis-server.js';
import { startRedisServer } from '../support/redis-server.js';

const WITHIN_MS = 30_000;
/** Redis measures the idle time of a key in whole seconds. */
const APART_MS = 2_100;
const REVOKED = { reason: 'revoked' } as const;
const LIMIT = { max: 2, onExceed: 'evict-oldest' } as const;
const keys = new RedisKeys('session:');
/** More keys than it takes until Redis evicts the indexes, once the memory is full. */
const ROUNDS = 300;
const FILL = "redis.call('SET', ARGV[1], string.rep('x', 1000), 'PX', 600000)";

/** Redis samples many keys before it evicts one, so that its choice is hardly a matter of luck. */
const EXACT = ['--maxmemory-samples', '64', '--maxmemory', '3mb'];

describe.each(['allkeys-lru', 'volatile-lru'])('a Redis that is full, with maxmemory-policy %s', (policy) => {
  let server: RedisServer;
  let client: Redis;
  let store: RedisStore;

  beforeAll(async () => {
    server = await startRedisServer({ args: [...EXACT, '--maxmemory-policy', policy] });
    client = new Redis(server.url);
    store = new RedisStore(client, { prefix: 'session:', deadlineMs: 5_000, noticeTtlMs: 60_000 });
  });
  afterAll(async () => {
    await client.quit();
    await server.stop();
  });

  async function signIn(userId: string, limit: SignInIntent['limit']): Promise<SessionRecord> {
    const outcome = await store.signIn({ ...plainSignIn(userId), limit });
    if (outcome.status !== 'signed-in') throw new Error(`${userId} could not sign in`);
    return outcome.record;
  }

  /** Adds keys until the memory is full and Redis evicts its first key. */
  async function fillMemory(): Promise<void> {
    const evicted = async () => /evicted_keys:(\d+)/.exec(await client.info('stats'))?.[1];
    const before = await evicted();
    for (let batch = 0; (await evicted()) === before; batch++) {
      await Promise.all(Array.from({ length: 20 }, (_, n) => client.eval(FILL, 0, `fill:${batch}:${n}`)));
    }
  }

  /**
   * Makes Redis evict the users' indexes: they are older than all other keys, and the sessions are read as requests
   * read them. Keys are added one at a time, because Redis evicts any of several keys of the same age.
   *
   * @returns true if Redis has evicted the indexes and kept the sessions
   */
  async function dropIndexes(users: readonly string[], sessions: readonly SessionRecord[]): Promise<boolean> {
    const indexes = users.map((userId) => keys.index(shardOfUser(userId), userId));
    const read = () => Promise.all(sessions.map(({ id }) => store.load(id)));
    await wait(APART_MS);
    await read();
    await fillMemory();
    for (let round = 0; round < ROUNDS && (await client.exists(...indexes)) > 0; round++) {
      await read();
      await client.eval(FILL, 0, `more:${round}`);
    }
    return (await client.exists(...indexes)) === 0 && !(await read()).includes(null);
  }

  /**
   * Returns two users with two sessions each, whose indexes Redis has evicted. Its sample is random, so there are five
   * attempts.
   */
  async function usersWithoutIndexes() {
    for (let attempt = 1; attempt <= 5; attempt++) {
      await client.flushall();
      const [alice, bob] = [`alice-${attempt}`, `bob-${attempt}`];
      const alices = [await signIn(alice, LIMIT), await signIn(alice, LIMIT)];
      const bobs = [await signIn(bob, LIMIT), await signIn(bob, LIMIT)];
      if (await dropIndexes([alice, bob], [...alices, ...bobs])) return { alice, bob, alices, bobs };
    }
    throw new Error('Redis evicted sessions before their indexes in each of five attempts');
  }

  it(
    'Redis evicts an index before its sessions, and both the limit and a revocation still hold',
    async () => {
      const { alice, bob, alices, bobs } = await usersWithoutIndexes();

      await store.revokeAll(alice, REVOKED, null);
      for (const hidden of alices) {
        expect(await store.commit(hidden, { set: new Map([['late', '1']]), remove: [] })).toBe(false);
        expect(await store.load(hidden.id)).toBeNull();
      }

      const added = await signIn(bob, LIMIT);
      for (const hidden of bobs) expect(await store.touch(hidden)).toBe(false);
      expect((await store.list(bob)).map(({ id }) => id)).toEqual([added.id]);
      for (const { id } of bobs) expect(await store.load(id)).toBeNull();
    },
    WITHIN_MS,
  );

  it('a session that outlived a revocation, because all other keys were evicted, ends at its next touch', async () => {
    const carols = [await signIn('carol', LIMIT), await signIn('carol', LIMIT)];
    const [shard, hidden] = [shardOfUser('carol'), carols[0] as SessionRecord];
    await client.zrem(keys.index(shard, 'carol'), hidden.id.slice(3), `@${hidden.id.slice(3)}`);
    await store.revokeAll('carol', REVOKED, null);
    await client.del(keys.index(shard, 'carol'), keys.cut(shard, 'carol'));
    expect(await store.touch(hidden)).toBe(false);
    expect(await store.load(hidden.id)).toBeNull();
  });
});

import { setTimeout as wait } from 'node:timers/promises';
import type { SessionRecord, SignInIntent } from 'nestjs-redis-session';
import { RedisStore } from 'nestjs-redis-session';
import { Redis } from 'ioredis';
import { shardOfUser } from '../../libs/session/src/core/token.js';
import { RedisKeys } from '../../libs/session/src/redis/keys.js';
import { plainSignIn } from '../../libs/session/src/testing/store-conformance.stage.js';
import type { RedisServer } from '../support/redis-server.js';
import { startRedisServer } from '../support/redis-server.js';

const WITHIN_MS = 30_000;
/** Redis knows how long a key was left alone in whole seconds. */
const APART_MS = 2_100;
const REVOKED = { reason: 'revoked' } as const;
const LIMIT = { max: 2, onExceed: 'evict-oldest' } as const;
const keys = new RedisKeys('session:');
/** More than it takes to fill the memory twice. */
const ROUNDS = 300;
const FILL = "for i = 1, 20 do redis.call('SET', ARGV[1] .. i, string.rep('x', 1000), 'PX', 600000) end";

/** Redis looks at all keys that it might drop, so that which one goes is no matter of luck. */
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

  /** Fills the memory until Redis has dropped the users' indexes, while the sessions are read as by requests. */
  async function dropIndexes(users: readonly string[], sessions: readonly SessionRecord[]): Promise<void> {
    const indexes = users.map((userId) => keys.index(shardOfUser(userId), userId));
    await wait(APART_MS);
    for (let round = 0; round < ROUNDS && (await client.exists(...indexes)) > 0; round++) {
      for (const { id } of sessions) await store.load(id);
      await client.eval(FILL, 0, `fill:${round}:`);
    }
    expect(await client.exists(...indexes)).toBe(0);
    for (const { id } of sessions) expect(await store.load(id)).not.toBeNull();
  }

  it(
    'drops an index before its sessions, and neither the limit nor a revocation is passed by that',
    async () => {
      const [alices, bobs] = [
        [await signIn('alice', LIMIT), await signIn('alice', LIMIT)],
        [await signIn('bob', LIMIT), await signIn('bob', LIMIT)],
      ];
      await dropIndexes(['alice', 'bob'], [...alices, ...bobs]);

      await store.revokeAll('alice', REVOKED, null);
      for (const hidden of alices) {
        expect(await store.commit(hidden, { set: new Map([['late', '1']]), remove: [] })).toBe(false);
        expect(await store.load(hidden.id)).toBeNull();
      }

      const added = await signIn('bob', LIMIT);
      for (const hidden of bobs) expect(await store.touch(hidden)).toBe(false);
      expect((await store.list('bob')).map(({ id }) => id)).toEqual([added.id]);
      for (const { id } of bobs) expect(await store.load(id)).toBeNull();
    },
    WITHIN_MS,
  );

  it('ends at the next touch what it dropped together with all other keys that know of the revocation', async () => {
    const carols = [await signIn('carol', LIMIT), await signIn('carol', LIMIT)];
    const [shard, hidden] = [shardOfUser('carol'), carols[0] as SessionRecord];
    await client.zrem(keys.index(shard, 'carol'), hidden.id.slice(3), `@${hidden.id.slice(3)}`);
    await store.revokeAll('carol', REVOKED, null);
    await client.del(keys.index(shard, 'carol'), keys.cut(shard, 'carol'));
    expect(await store.touch(hidden)).toBe(false);
    expect(await store.load(hidden.id)).toBeNull();
  });
});

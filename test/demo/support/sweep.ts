import type { Redis } from 'ioredis';
import { assertRedisClean, findKeys } from '../../store/redis-keyspace.js';

/** The prefix of the demo's keys. */
const PREFIX = 'session:';

/** The tokens that clients received, the response bodies, and the output of the processes. */
export interface Traces {
  readonly tokens: ReadonlySet<string>;
  readonly texts: readonly string[];
}

/** Fails when a key in Redis has no TTL, or when a token occurs in a key, a value or a text. */
export async function sweep(redis: Redis, { tokens, texts }: Traces): Promise<void> {
  await assertRedisClean(redis, PREFIX);
  const keys = await findKeys(redis, '');
  const endless = await filter(keys, async (key) => (await redis.pttl(key)) === -1);
  expect(endless).toEqual([]);
  const contents = await Promise.all(keys.map((key) => contentOf(redis, key)));
  const everything = [...keys, ...contents, ...texts].join('\n');
  // Without the shard at the front, which is not secret.
  const leaked = [...tokens].filter((token) => everything.includes(token.slice(3)));
  expect(leaked).toEqual([]);
}

async function contentOf(redis: Redis, key: string): Promise<string> {
  const type = await redis.type(key);
  if (type === 'hash') return JSON.stringify(await redis.hgetall(key));
  if (type === 'zset') return JSON.stringify(await redis.zrange(key, '0', '-1'));
  return (await redis.get(key)) ?? '';
}

async function filter<T>(items: readonly T[], accepts: (item: T) => Promise<boolean>): Promise<T[]> {
  const verdicts = await Promise.all(items.map(accepts));
  return items.filter((_, index) => verdicts[index]);
}

import type { Cluster, Redis } from 'ioredis';

const LOOK =
  "local before = redis.call('TIME') return { before, redis.call('PTTL', KEYS[1]), redis.call('TIME') }";

/** Returns the expiry of a key in milliseconds since 1970; -1: never, -2: no such key. PEXPIRETIME needs Redis 7. */
export async function expiryOf(client: Redis | Cluster, key: string): Promise<number> {
  try {
    return await client.pexpiretime(key);
  } catch (error) {
    if (!(error as Error).message.includes('unknown command')) throw error;
  }
  // Exact where no millisecond begins in between.
  for (;;) {
    const [before, restMs, after] = (await client.eval(LOOK, 1, key)) as [string[], number, string[]];
    if (restMs < 0) return restMs;
    if (msOf(before) === msOf(after)) return msOf(before) + restMs;
  }
}

function msOf([seconds, microseconds]: readonly string[]): number {
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

import type { Cluster, Redis } from 'ioredis';

/** When a key ends, in milliseconds since 1970; -1: never, -2: there is none. PEXPIRETIME came with Redis 7. */
export async function expiryOf(client: Redis | Cluster, key: string): Promise<number> {
  try {
    return await client.pexpiretime(key);
  } catch (error) {
    if (!(error as Error).message.includes('unknown command')) throw error;
  }
  const [[seconds, microseconds], restMs] = await Promise.all([client.time(), client.pttl(key)]);
  return restMs < 0 ? restMs : Number(seconds) * 1000 + Math.round(Number(microseconds) / 1000) + restMs;
}

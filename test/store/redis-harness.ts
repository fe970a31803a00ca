import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import { RedisStore } from 'nestjs-redis-session';
import type { StoreHarness } from 'nestjs-redis-session/testing';
import { assertRedisClean, deleteKeys, findKeys } from './redis-keyspace.js';

/** Limit on an anonymous session, which is smaller than that of a user's session. */
export const ANONYMOUS_MAX_BYTES = 63 * 1024;
export const NOTICE_TTL_MS = 1_200;
/** So long that only a call that hangs exceeds it, even on a busy machine. */
export const DEADLINE_MS = 5_000;

/** Opens a store that closes its client, under a prefix of its own: tests share a Redis. */
export function openRedisHarness(
  client: Redis | Cluster,
  release: () => Promise<unknown> = () => client.quit(),
): StoreHarness {
  const prefix = `test-${randomBytes(6).toString('hex')}:`;
  const settings = {
    prefix,
    deadlineMs: DEADLINE_MS,
    noticeTtlMs: NOTICE_TTL_MS,
    anonymousMaxBytes: ANONYMOUS_MAX_BYTES,
  };
  const store = new RedisStore(client, settings, async () => void (await release()));
  return {
    store,
    noticeTtlMs: NOTICE_TTL_MS,
    maxBytes: 64 * 1024,
    anonymousMaxBytes: ANONYMOUS_MAX_BYTES,
    advance: (ms) => wait(ms),
    countKeys: async () => (await findKeys(client, prefix)).length,
    assertClean: () => assertRedisClean(client, prefix),
    close: async () => {
      await deleteKeys(client, prefix);
      await store.close();
    },
  };
}

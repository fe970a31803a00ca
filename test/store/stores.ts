import { Redis } from 'ioredis';
import { MemoryStore } from 'nestjs-redis-session';
import type { StoreHarness } from 'nestjs-redis-session/testing';
import type { RedisConnection } from '../support/white-box.js';
import { openCachedHarness } from './cached-harness.js';
import { ANONYMOUS_MAX_BYTES, NOTICE_TTL_MS, openRedisHarness } from './redis-harness.js';

/** A kind of store that the suites run on. */
export interface TestedStore {
  readonly name: string;
  readonly open: () => Promise<StoreHarness>;
}

/** The stores that every case runs on. test/topology has the others. */
export const STORES: readonly TestedStore[] = [
  { name: 'memory', open: openMemory },
  ...onOneClient('standalone Redis', () => {
    const client = new Redis(process.env['TEST_REDIS_URL'] as string);
    return Promise.resolve({ client, close: async () => void (await client.quit()) });
  }),
];

function openMemory(): Promise<StoreHarness> {
  let now = Date.now();
  const store = new MemoryStore({
    noticeTtlMs: NOTICE_TTL_MS,
    clock: { now: () => now },
    anonymousMaxBytes: ANONYMOUS_MAX_BYTES,
  });
  return Promise.resolve({
    store,
    noticeTtlMs: NOTICE_TTL_MS,
    maxBytes: 64 * 1024,
    anonymousMaxBytes: ANONYMOUS_MAX_BYTES,
    advance: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    countKeys: () => Promise.resolve(store.size),
    close: () => store.close(),
  });
}

/** Returns a store without and one with a cache, which share a client and have a prefix each. */
export function onOneClient(
  name: string,
  connect: () => Promise<Pick<RedisConnection, 'client' | 'close'>>,
): TestedStore[] {
  let connection: ReturnType<typeof connect> | undefined;
  afterAll(async () => (await connection)?.close());
  const openOn = (open: typeof openRedisHarness | typeof openCachedHarness) => async () => {
    connection ??= connect();
    const { client } = await connection;
    client.setMaxListeners(0); // each store adds its own listeners, and removes them when it is closed
    return open(client, () => Promise.resolve());
  };
  return [
    { name, open: openOn(openRedisHarness) },
    { name: `${name} with a cache`, open: openOn(openCachedHarness) },
  ];
}

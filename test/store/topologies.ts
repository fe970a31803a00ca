import { Redis } from 'ioredis';
import { MemoryStore } from 'nestjs-redis-session';
import type { StoreHarness } from 'nestjs-redis-session/testing';
import type { RedisTarget } from '../../libs/session/src/redis/client.js';
import { openRedis } from '../../libs/session/src/redis/client.js';
import { startCluster } from '../support/redis-cluster.js';
import { canRunTopologies } from '../support/redis-node.js';
import { startSentinel } from '../support/redis-sentinel.js';
import { openCachedHarness } from './cached-harness.js';
import { DEADLINE_MS, NOTICE_TTL_MS, openRedisHarness } from './redis-harness.js';

/** Somewhere that sessions can be kept. The conformance suite runs on each. */
export interface Topology {
  readonly name: string;
  readonly open: () => Promise<StoreHarness>;
}

/** Servers that run as long as the tests of the file which imports the table. */
interface Servers {
  readonly target: RedisTarget;
  stop(): Promise<void>;
}

const START_WITHIN_MS = 60_000;

export const topologies: readonly Topology[] = [
  { name: 'memory', open: openMemory },
  { name: 'standalone Redis', open: () => Promise.resolve(openRedisHarness(new Redis(sharedUrl()))) },
  { name: 'standalone Redis with a cache', open: () => openCachedHarness(new Redis(sharedUrl())) },
  ...(canRunTopologies ? [...of('Sentinel', startSentinel), ...of('Redis Cluster', startCluster)] : []),
];

function sharedUrl(): string {
  return process.env['TEST_REDIS_URL'] as string;
}

function openMemory(): Promise<StoreHarness> {
  let now = Date.now();
  const store = new MemoryStore(NOTICE_TTL_MS, { now: () => now });
  return Promise.resolve({
    store,
    noticeTtlMs: NOTICE_TTL_MS,
    maxBytes: 64 * 1024,
    advance: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    countKeys: () => Promise.resolve(store.size),
    close: () => store.close(),
  });
}

/** A topology of several servers, with the client that the module opens for it, without and with a cache. */
function of(name: string, start: () => Promise<Servers>): Topology[] {
  let servers: Servers | undefined;
  beforeAll(async () => {
    servers = await start();
  }, START_WITHIN_MS);
  afterAll(() => servers?.stop());
  const openOn = (open: typeof openRedisHarness | typeof openCachedHarness) => async () => {
    const { target } = servers as Servers;
    const connection = await openRedis(target, DEADLINE_MS, () => undefined);
    return open(connection.client, () => connection.close());
  };
  return [
    { name, open: openOn(openRedisHarness) },
    { name: `${name} with a cache`, open: openOn(openCachedHarness) },
  ];
}

import { Redis } from 'ioredis';
import { MemoryStore } from 'nestjs-redis-session';
import type { StoreHarness } from 'nestjs-redis-session/testing';
import type { RedisConnection, RedisTarget } from '../../libs/session/src/redis/client.js';
import { openRedis } from '../../libs/session/src/redis/client.js';
import { startCluster } from '../support/redis-cluster.js';
import { canRunTopologies } from '../support/redis-node.js';
import { startSentinel } from '../support/redis-sentinel.js';
import { openCachedHarness } from './cached-harness.js';
import { ANONYMOUS_MAX_BYTES, DEADLINE_MS, NOTICE_TTL_MS, openRedisHarness } from './redis-harness.js';

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
  ...onOneClient('standalone Redis', () => {
    const client = new Redis(process.env['TEST_REDIS_URL'] as string);
    return Promise.resolve({ client, close: async () => void (await client.quit()) });
  }),
  ...(canRunTopologies ? [...of('Sentinel', startSentinel), ...of('Redis Cluster', startCluster)] : []),
];

function openMemory(): Promise<StoreHarness> {
  let now = Date.now();
  const store = new MemoryStore(NOTICE_TTL_MS, { now: () => now }, 64 * 1024, ANONYMOUS_MAX_BYTES);
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

/** A topology of several servers, with the client that the module opens for it. */
function of(name: string, start: () => Promise<Servers>): Topology[] {
  let servers: Servers | undefined;
  beforeAll(async () => {
    servers = await start();
  }, START_WITHIN_MS);
  const topology = onOneClient(name, () =>
    openRedis((servers as Servers).target, DEADLINE_MS, () => undefined),
  );
  afterAll(() => servers?.stop());
  return topology;
}

/** Stores without and with a cache, all on one client as in an application: that they have a prefix each is enough. */
function onOneClient(
  name: string,
  connect: () => Promise<Pick<RedisConnection, 'client' | 'close'>>,
): Topology[] {
  let connection: ReturnType<typeof connect> | undefined;
  afterAll(async () => (await connection)?.close());
  const openOn = (open: typeof openRedisHarness | typeof openCachedHarness) => async () => {
    connection ??= connect();
    const { client } = await connection;
    client.setMaxListeners(0); // each store has its own, and takes them away when it is closed
    return open(client, () => Promise.resolve());
  };
  return [
    { name, open: openOn(openRedisHarness) },
    { name: `${name} with a cache`, open: openOn(openCachedHarness) },
  ];
}

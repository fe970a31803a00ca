import type { RedisTarget } from 'nestjs-redis-session';
import { openRedis } from '../../support/white-box.js';
import { DEADLINE_MS } from '../../store/redis-harness.js';
import { onOneClient, type TestedStore } from '../../store/stores.js';
import { startCluster } from '../../support/redis-cluster.js';
import { canRunTopologies } from '../../support/redis-node.js';
import { startSentinel } from '../../support/redis-sentinel.js';

/** Servers that run as long as the tests of the file that imports the stores. */
interface Servers {
  readonly target: RedisTarget;
  stop(): Promise<void>;
}

const START_WITHIN_MS = 60_000;

/** Stores on several servers, for the cases that cross shards; the other cases run the same code on one Redis. */
export const STORES: readonly TestedStore[] = [
  ...storesOn('Sentinel', startSentinel),
  ...storesOn('Redis Cluster', startCluster),
];

/** Returns stores on several servers, over the client that the module opens for them. */
function storesOn(name: string, start: () => Promise<Servers>): TestedStore[] {
  let servers: Servers | undefined;
  beforeAll(async () => {
    if (canRunTopologies) servers = await start();
  }, START_WITHIN_MS);
  const stores = onOneClient(name, () =>
    openRedis((servers as Servers).target, DEADLINE_MS, () => undefined),
  );
  afterAll(() => servers?.stop());
  return stores;
}

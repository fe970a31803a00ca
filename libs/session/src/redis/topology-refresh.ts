import type { Cluster, Redis } from 'ioredis';
import { refreshTopology } from './cluster.js';
import { isCluster } from './ioredis-internals.js';
import { redisErrorCode } from './redis-error.js';

const REFRESH_AT_MOST_EVERY_MS = 250;
/** Keeps the clients of a server that stays read-only from reconnecting without end. */
const RECONNECT_AT_MOST_EVERY_MS = 1_000;

/**
 * Returns a throttled callback for failed commands, which finds the server that serves now.
 *
 * - In a Cluster it refreshes the slot map, because a silent node never reports that it was replaced.
 * - Elsewhere it reconnects if the server has become a replica: its name may resolve to another master now. Clients of
 *   the application are reconnected too; otherwise their writes would fail until the process ends.
 */
export function refreshTopologyOnFailure(client: Redis | Cluster): (error: unknown) => void {
  if (isCluster(client)) return throttled(REFRESH_AT_MOST_EVERY_MS, () => refreshTopology(client));
  const reconnect = throttled(RECONNECT_AT_MOST_EVERY_MS, () => reconnectIfAllowed(client));
  return (error) => {
    if (redisErrorCode(error) === 'READONLY') reconnect();
  };
}

function reconnectIfAllowed(client: Redis): void {
  // A client without a retry strategy would stay disconnected, and a read-only server still serves reads.
  if (typeof client.options.retryStrategy?.(1) === 'number') client.disconnect(true);
}

function throttled(intervalMs: number, act: () => void): () => void {
  let nextAt = 0;
  return () => {
    if (performance.now() < nextAt) return;
    nextAt = performance.now() + intervalMs;
    act();
  };
}

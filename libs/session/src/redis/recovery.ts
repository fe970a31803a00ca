import type { Cluster, Redis } from 'ioredis';
import { lookAgain } from './cluster.js';
import { redisErrorCode } from './redis-error.js';

const REST_BETWEEN_LOOKS_MS = 250;
/** So that a server which is read-only for good does not make its clients connect again without end. */
const READ_ONLY_REST_MS = 1_000;

/**
 * Returns what to call when a command failed, which finds the server that serves now, if it is another one.
 *
 * - In a Cluster it asks which node serves what. A node that is silent never says that it has been replaced.
 * - Elsewhere it leaves a server that has become a replica: the name behind which it is may lead to another master now.
 *   This holds for a client of the application's own too, which would write in vain until the process ends.
 */
export function recoveryFor(client: Redis | Cluster): (error: unknown) => void {
  if (client.isCluster) return nowAndThen(REST_BETWEEN_LOOKS_MS, () => lookAgain(client as Cluster));
  const leave = nowAndThen(READ_ONLY_REST_MS, () => leaveConnection(client as Redis));
  return (error) => {
    if (redisErrorCode(error) === 'READONLY') leave();
  };
}

function leaveConnection(client: Redis): void {
  // A client that would not come back is of more use as it is: it serves reads.
  if (typeof client.options.retryStrategy?.(1) === 'number') client.disconnect(true);
}

function nowAndThen(restMs: number, act: () => void): () => void {
  let next = 0;
  return () => {
    if (performance.now() < next) return;
    next = performance.now() + restMs;
    act();
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import { handleAskingRejections, mastersOf, refreshSlots } from './ioredis-internals.js';

const READY_POLL_MS = 10;
const REFRESH_AFTER_MS = 500;

/**
 * Keeps a client connected to all nodes of its Cluster. ioredis connects to a node at the first command for it, and
 * since no commands are queued, further commands would fail until the connection is ready. It also drops a node whose
 * connection broke.
 *
 * @returns stops it
 */
export function keepConnected(cluster: Cluster): () => void {
  let isRefreshDue = false;
  const onNode = (node: Redis) => {
    handleAskingRejections(node);
    if (node.status === 'wait') node.connect().catch(() => undefined); // the next refresh of the slots adds it again
  };
  const onNodeRemoved = () => {
    if (isRefreshDue) return;
    isRefreshDue = true;
    setTimeout(() => {
      isRefreshDue = false;
      refreshTopology(cluster);
    }, REFRESH_AFTER_MS).unref();
  };
  cluster.nodes().forEach(onNode);
  cluster.on('+node', onNode).on('-node', onNodeRemoved);
  return () => void cluster.off('+node', onNode).off('-node', onNodeRemoved);
}

/** Connects, and waits until every master is connected. */
export async function connectCluster(cluster: Cluster, timeoutMs: number): Promise<void> {
  await cluster.connect();
  await untilComplete(cluster, timeoutMs);
  if (!isComplete(cluster)) throw new Error('none of its nodes could be reached');
}

/** Waits until every master is connected, or the timeout is over: one master may be down while the others serve. */
export async function untilComplete(cluster: Cluster, timeoutMs: number): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  while (cluster.status === 'ready' && !isComplete(cluster) && performance.now() < endsAt) {
    await delay(READY_POLL_MS);
  }
}

/** Refreshes the slot map of a Cluster that is connected. */
export function refreshTopology(cluster: Cluster): void {
  if (cluster.status === 'ready') refreshSlots(cluster);
}

/** Returns `true` if all masters are connected. */
export function isComplete(cluster: Cluster): boolean {
  const masters = mastersOf(cluster);
  return masters.length > 0 && masters.every(({ status }) => status === 'ready');
}

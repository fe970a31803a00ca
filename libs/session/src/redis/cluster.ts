import type { Cluster, Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';

const READY_POLL_MS = 10;
const LOOK_AGAIN_AFTER_MS = 500;

/**
 * Keeps a client connected to all nodes of its Cluster. ioredis by itself connects to a node when the first command for
 * it comes: as nothing is queued, the next command fails that comes before the connection is there. And it forgets a
 * node whose connection broke.
 *
 * @returns leaves the client to itself again
 */
export function stayConnected(cluster: Cluster): () => void {
  let isDue = false;
  const onNode = (node: Redis) => {
    catchRejections(node);
    if (node.status === 'wait') node.connect().catch(ignore); // the next look at the slots brings it back
  };
  const onNodeGone = () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      lookAgain(cluster);
    }, LOOK_AGAIN_AFTER_MS).unref();
  };
  cluster.nodes().forEach(onNode);
  cluster.on('+node', onNode).on('-node', onNodeGone);
  return () => void cluster.off('+node', onNode).off('-node', onNodeGone);
}

/** Connects, and waits until every master is connected. */
export async function connectCluster(cluster: Cluster, patienceMs: number): Promise<void> {
  await cluster.connect();
  await untilComplete(cluster, patienceMs);
  if (!isComplete(cluster)) throw new Error('it names no nodes that can be reached');
}

/** Waits until every master is connected, but not for ever: one may be dead while the others serve. */
export async function untilComplete(cluster: Cluster, patienceMs: number): Promise<void> {
  const endsAt = performance.now() + patienceMs;
  while (cluster.status === 'ready' && !isComplete(cluster) && performance.now() < endsAt) {
    await delay(READY_POLL_MS);
  }
}

/** Asks a Cluster which node serves what. */
export function lookAgain(cluster: Cluster): void {
  if (cluster.status === 'ready') cluster.refreshSlotsCache();
}

/** Whether all masters are connected. */
export function isComplete(cluster: Cluster): boolean {
  const masters = cluster.nodes('master');
  return masters.length > 0 && masters.every(({ status }) => status === 'ready');
}

/** ioredis sends ASKING and drops the promise. When that is rejected, Node.js ends the process. */
function catchRejections(node: Redis): void {
  const ask = node.asking.bind(node);
  node.asking = () => {
    const reply = ask();
    reply.catch(ignore);
    return reply;
  };
}

function ignore(): void {}

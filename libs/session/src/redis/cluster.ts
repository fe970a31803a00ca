import type { Cluster, Redis } from 'ioredis';

const READY_POLL_MS = 10;
const LOOK_AGAIN_AFTER_MS = 500;
const REST_BETWEEN_LOOKS_MS = 250;

/**
 * Keeps a client of our own connected to all nodes of its Cluster. ioredis by itself connects to a node when the first
 * command for it comes, which would fail as nothing is queued, and forgets a node whose connection broke.
 */
export function stayConnected(cluster: Cluster): void {
  let isDue = false;
  cluster.on('+node', (node: Redis) => {
    catchRejections(node);
    node.connect().catch(ignore); // the next look at the slots brings it back
  });
  cluster.on('-node', () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      lookAgain(cluster);
    }, LOOK_AGAIN_AFTER_MS).unref();
  });
}

/** Connects, and waits until every master is connected. */
export async function connectCluster(cluster: Cluster): Promise<void> {
  await cluster.connect();
  while (cluster.status === 'ready' && !isComplete(cluster)) {
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
  if (!isComplete(cluster)) throw new Error('it names no nodes that can be reached');
}

/**
 * What to call when a command failed: asks a Cluster, not too often, which node serves what. The node may have been
 * replaced, and one that is silent never says so itself.
 */
export function lookoutFor(client: Redis | Cluster): () => void {
  if (!client.isCluster) return ignore;
  let next = 0;
  return () => {
    if (Date.now() < next) return;
    next = Date.now() + REST_BETWEEN_LOOKS_MS;
    lookAgain(client as Cluster);
  };
}

function lookAgain(cluster: Cluster): void {
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

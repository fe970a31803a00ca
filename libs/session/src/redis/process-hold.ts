import type { Cluster, Redis } from 'ioredis';
import { isCluster, socketOf } from './ioredis-internals.js';

/**
 * Lets the process end while a client is connected. If the start of the application fails elsewhere, no shutdown hook
 * runs, and an open connection would keep the process or a test runner alive.
 *
 * @returns lets the connections keep the process alive from now on, like those of a server
 */
export function letProcessEnd(client: Redis | Cluster): () => void {
  let isHeld = false;
  const apply = (node: Redis) => {
    if (isHeld) socketOf(node)?.ref();
    else socketOf(node)?.unref();
  };
  const onNode = (node: Redis) => {
    apply(node);
    node.on('connect', () => apply(node));
  };
  if (isCluster(client)) client.on('+node', onNode);
  const nodes = () => (isCluster(client) ? client.nodes() : [client]);
  nodes().forEach(onNode);
  return () => {
    isHeld = true;
    nodes().forEach(apply);
  };
}

import type { Cluster, Redis } from 'ioredis';

/**
 * Lets the process end although a client is connected. A start that fails in another part of the application ends
 * without a hook, and an open connection would keep the process, or a test runner, alive.
 *
 * @returns lets the connections keep the process alive from now on, as those of a server do
 */
export function letProcessEnd(client: Redis | Cluster): () => void {
  let isHeld = false;
  const apply = (node: Redis) => {
    // There is none before the first connection, which its type does not say.
    const stream = node.stream as Redis['stream'] | undefined;
    if (isHeld) stream?.ref();
    else stream?.unref();
  };
  const follow = (node: Redis) => {
    apply(node);
    node.on('connect', () => apply(node));
  };
  if (client.isCluster) (client as Cluster).on('+node', follow);
  const nodes = () => (client.isCluster ? (client as Cluster).nodes() : [client as Redis]);
  nodes().forEach(follow);
  return () => {
    isHeld = true;
    nodes().forEach(apply);
  };
}

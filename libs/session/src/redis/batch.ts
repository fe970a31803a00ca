import type { Cluster, Redis } from 'ioredis';

/**
 * Commands that are called for before the event loop comes round leave together, in one system call instead of one
 * each, and their replies come back the same way. To the application nothing changes: a system call costs a server
 * under load more than all of the session's own work.
 */
export function sendTogether(client: Redis | Cluster): void {
  for (const node of client.isCluster ? (client as Cluster).nodes('master') : [client as Redis]) {
    // There is none before the first connection, which its type does not say.
    const stream = node.stream as Redis['stream'] | undefined;
    if (!stream || stream.writableCorked > 0) continue;
    stream.cork();
    setImmediate(() => stream.uncork());
  }
}

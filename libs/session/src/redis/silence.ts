import type { Cluster, Redis } from 'ioredis';

/** A server that is only busy is not given up at the first deadline that it misses. */
const SHORTEST_SILENCE_MS = 500;
const LOOKS_PER_SILENCE = 4;

/** How long nothing may come, where calls have a deadline, before a connection is given up. */
export function silenceMsFor(deadlineMs: number): number {
  return Math.max(SHORTEST_SILENCE_MS, 2 * deadlineMs);
}

/**
 * Gives up a connection of a client, or of a Cluster's nodes, on which a reply is due and nothing comes. The other end
 * of a host that lost its power says nothing, and the system would try on for a quarter of an hour.
 *
 * ioredis has a timer for that, but where the process was busy it comes due before replies that are there already, and
 * breaks a connection that is well. So here, too, the sockets are read once more before the verdict.
 */
export function giveUpSilent(client: Redis | Cluster, silenceMs: number): void {
  if (client.isCluster) (client as Cluster).on('+node', (node: Redis) => giveUpSilent(node, silenceMs));
  else client.on('connect', () => watch(client as Redis, silenceMs));
}

function watch(client: Redis, silenceMs: number): void {
  const { stream } = client;
  let heardBytes = stream.bytesRead;
  let silentSince: number | null = null;
  const look = () => {
    const isSilent = client.commandQueue.length > 0 && stream.bytesRead === heardBytes;
    heardBytes = stream.bytesRead;
    silentSince = isSilent ? (silentSince ?? performance.now()) : null;
    if (silentSince === null || performance.now() - silentSince < silenceMs) return;
    stream.destroy(new Error(`no answer for ${silenceMs} ms, though one is due`));
  };
  const timer = setInterval(() => setImmediate(look), silenceMs / LOOKS_PER_SILENCE).unref();
  stream.once('close', () => clearInterval(timer));
}

import type { Cluster, Redis } from 'ioredis';
import { timerMs } from '../core/runtime/timer.js';

/** A server that is only busy is not given up at the first deadline that it misses. */
const SHORTEST_SILENCE_MS = 500;
const LOOKS_PER_SILENCE = 4;
/**
 * On a client of the application's own, whose slow commands are not ours to break off. Without this, the system would
 * try on for a quarter of an hour.
 */
const SILENCE_OF_OTHERS_MS = 5_000;
/** Shorter than what proxies and clouds allow an idle connection, of which 30 s is the least that is common. */
const IDLE_MS = 10_000;

/** What may rightly be answered late: commands that wait for others. */
const BLOCKING = /^(b[lr]pop|brpoplpush|bl?mpop|blmove|bzpop(min|max)|bzmpop|xread(group)?|wait(aof)?)$/i;

/** How long nothing may come, where calls have a deadline, before a connection is given up. */
export function silenceMsFor(deadlineMs: number): number {
  return timerMs(Math.max(SHORTEST_SILENCE_MS, 2 * deadlineMs));
}

/**
 * Gives up a connection of a client, or of a Cluster's nodes, on which a reply is due and nothing comes. The other end
 * of a host that lost its power says nothing, and the system would try on for a quarter of an hour. An idle connection
 * is asked for the time now and then, so that a path which drops idle connections in silence keeps it, or its loss is
 * noticed before a request needs it.
 *
 * ioredis has a timer for that, but where the process was busy it comes due before replies that are there already, and
 * breaks a connection that is well. So here, too, the sockets are read once more before the verdict.
 *
 * @returns stops it
 */
export function giveUpSilent(client: Redis | Cluster, silenceMs: number, idleMs = IDLE_MS): () => void {
  if (!client.isCluster) return watchConnections(client as Redis, silenceMs, idleMs);
  const stops = new Map<Redis, () => void>();
  const follow = (node: Redis) => void stops.set(node, watchConnections(node, silenceMs, idleMs));
  const leave = (node: Redis) => {
    stops.get(node)?.();
    stops.delete(node);
  };
  (client as Cluster).nodes().forEach(follow);
  client.on('+node', follow).on('-node', leave);
  return () => {
    client.off('+node', follow).off('-node', leave);
    [...stops.keys()].forEach(leave);
  };
}

/** The same for a client of the application's own, with more patience. */
export function giveUpSilentOfOthers(client: Redis | Cluster): () => void {
  return giveUpSilent(client, SILENCE_OF_OTHERS_MS);
}

function watchConnections(client: Redis, silenceMs: number, idleMs: number): () => void {
  let stop = () => undefined as void;
  const begin = () => {
    stop();
    stop = watch(client, silenceMs, idleMs);
  };
  client.on('connect', begin);
  if (client.status === 'ready') begin();
  return () => {
    client.off('connect', begin);
    stop();
  };
}

function watch(client: Redis, silenceMs: number, idleMs: number): () => void {
  const { stream } = client;
  let heardBytes = stream.bytesRead;
  let heardAt = performance.now();
  let silentSince: number | null = null;
  const look = () => {
    const hasHeard = stream.bytesRead !== heardBytes;
    heardBytes = stream.bytesRead;
    const now = performance.now();
    if (hasHeard) heardAt = now;
    silentSince = !hasHeard && isReplyDue(client) ? (silentSince ?? now) : null;
    if (silentSince !== null && now - silentSince >= silenceMs) {
      stream.destroy(new Error(`no answer for ${silenceMs} ms, though one is due`));
    } else if (now - heardAt >= idleMs && isIdle(client)) {
      client.time().catch(() => undefined); // whether an answer comes is seen above
    }
  };
  const everyMs = Math.min(silenceMs / LOOKS_PER_SILENCE, idleMs);
  const timer = setInterval(() => setImmediate(look), everyMs).unref();
  const stop = () => {
    clearInterval(timer);
    stream.off('close', stop);
  };
  stream.once('close', stop);
  return stop;
}

function isReplyDue({ commandQueue }: Redis): boolean {
  const first = commandQueue.peekFront()?.command.name;
  return first !== undefined && !BLOCKING.test(first);
}

function isIdle(client: Redis): boolean {
  // A connection that subscribes, or monitors, takes no other commands.
  return client.status === 'ready' && client.commandQueue.length === 0 && client.mode === 'normal';
}

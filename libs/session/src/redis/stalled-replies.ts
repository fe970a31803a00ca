import type { Socket } from 'node:net';
import type { Cluster, Redis } from 'ioredis';
import { timerMs } from '../core/runtime/timer.js';
import { isCluster, nextPendingCommand, pendingReplies, socketOf } from './ioredis-internals.js';

/** Lower bound of the stall timeout: one missed deadline may mean a busy server. */
const SHORTEST_STALL_MS = 500;
const CHECKS_PER_TIMEOUT = 4;
/**
 * The stall timeout of a client that the application has made, whose slow commands must not be interrupted. Without
 * a timeout, the operating system would keep trying for a quarter of an hour.
 */
export const STALL_TIMEOUT_OF_APPLICATION_MS = 5_000;
/** The time after which an idle connection is used. Common idle timeouts of proxies and clouds are 30 s and more. */
const IDLE_MS = 10_000;

/** Commands whose reply may come late because they wait for other clients. */
const BLOCKING = /^(b[lr]pop|brpoplpush|bl?mpop|blmove|bzpop(min|max)|bzmpop|xread(group)?|wait(aof)?)$/i;

/** Returns the time without any reply after which a connection is closed, given the deadline of calls. */
export function stallTimeoutMs(deadlineMs: number): number {
  return timerMs(Math.max(SHORTEST_STALL_MS, 2 * deadlineMs));
}

/**
 * Closes connections of a client, or of a Cluster's nodes, on which a reply is due and nothing arrives: a host that lost
 * its power sends nothing, and the operating system would keep trying for a quarter of an hour. Idle connections are
 * used from time to time, so that a path that drops idle connections silently keeps them, or the loss is found before
 * a request needs the connection.
 *
 * ioredis has a timer for this, which fires ahead of replies that have arrived if the process was busy, and so breaks
 * a sound connection. Here the sockets are read once more before the verdict.
 *
 * @returns stops it
 */
export function watchForStalledReplies(
  client: Redis | Cluster,
  timeoutMs: number,
  idleMs = IDLE_MS,
): () => void {
  if (!isCluster(client)) return watchNode(client, timeoutMs, idleMs);
  const stops = new Map<Redis, () => void>();
  const onNode = (node: Redis) => void stops.set(node, watchNode(node, timeoutMs, idleMs));
  const onNodeRemoved = (node: Redis) => {
    stops.get(node)?.();
    stops.delete(node);
  };
  client.nodes().forEach(onNode);
  client.on('+node', onNode).on('-node', onNodeRemoved);
  return () => {
    client.off('+node', onNode).off('-node', onNodeRemoved);
    [...stops.keys()].forEach(onNodeRemoved);
  };
}

function watchNode(node: Redis, timeoutMs: number, idleMs: number): () => void {
  let stop = () => undefined as void;
  const onConnect = () => {
    stop();
    const socket = socketOf(node);
    if (socket) stop = watchSocket(node, socket, timeoutMs, idleMs);
  };
  node.on('connect', onConnect);
  if (node.status === 'ready') onConnect();
  return () => {
    node.off('connect', onConnect);
    stop();
  };
}

function watchSocket(node: Redis, socket: Socket, timeoutMs: number, idleMs: number): () => void {
  let bytesRead = socket.bytesRead;
  let heardAt = performance.now();
  let stalledSince: number | null = null;
  const check = () => {
    const hasHeard = socket.bytesRead !== bytesRead;
    bytesRead = socket.bytesRead;
    const now = performance.now();
    if (hasHeard) heardAt = now;
    stalledSince = !hasHeard && isReplyDue(node) ? (stalledSince ?? now) : null;
    if (stalledSince !== null && now - stalledSince >= timeoutMs) {
      socket.destroy(new Error(`no reply for ${timeoutMs} ms, although one is due`));
    } else if (now - heardAt >= idleMs && isIdle(node)) {
      node.time().catch(() => undefined); // the next checks see whether a reply arrives
    }
  };
  const checkEveryMs = Math.min(timeoutMs / CHECKS_PER_TIMEOUT, idleMs);
  const timer = setInterval(() => setImmediate(check), checkEveryMs).unref();
  const stop = () => {
    clearInterval(timer);
    socket.off('close', stop);
  };
  socket.once('close', stop);
  return stop;
}

function isReplyDue(node: Redis): boolean {
  const command = nextPendingCommand(node);
  return command !== undefined && !BLOCKING.test(command);
}

function isIdle(node: Redis): boolean {
  // A connection that subscribes or monitors accepts no other commands.
  return node.status === 'ready' && pendingReplies(node) === 0 && node.mode === 'normal';
}

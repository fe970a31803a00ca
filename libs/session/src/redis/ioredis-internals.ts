import type { Socket } from 'node:net';
import type { Cluster, Redis } from 'ioredis';

/*
 * All uses of what ioredis does not document, so that a new version of ioredis breaks in one place. Each function has a
 * contract test in test/store/redis-internals.spec.ts, which runs with all supported major versions.
 */

/** Returns `true` for a client of a Redis Cluster, also of another copy of ioredis. Uses `isCluster`. */
export function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster;
}

/** Returns the connections to the servers that receive writes. */
export function mastersOf(client: Redis | Cluster): Redis[] {
  return isCluster(client) ? client.nodes('master') : [client];
}

/** Returns the socket of a connection; `undefined` before the first connection. Each connection has another socket. Uses `stream`. */
export function socketOf(node: Redis): Socket | undefined {
  // The type of `stream` lacks `undefined`.
  return node.stream;
}

/**
 * Sends all commands that are issued before the event loop continues in one system call, which saves a busy server more
 * time than the session's own work takes.
 */
export function cork(client: Redis | Cluster): void {
  if (isCluster(client)) client.nodes('master').forEach(corkSocket);
  else corkSocket(client);
}

function corkSocket(node: Redis): void {
  const socket = socketOf(node);
  if (!socket || socket.writableCorked > 0) return;
  socket.cork();
  setImmediate(uncork, socket);
}

function uncork(socket: Socket): void {
  socket.uncork();
}

/** Returns the number of commands that were sent and are not answered yet. Uses `commandQueue`. */
export function pendingReplies(node: Redis): number {
  return queueOf(node)?.length ?? 0;
}

/** Returns the name of the command whose reply comes next; `undefined` if no reply is pending. Uses `commandQueue`. */
export function nextPendingCommand(node: Redis): string | undefined {
  return queueOf(node)?.peekFront()?.command.name;
}

function queueOf(node: Redis): Redis['commandQueue'] | undefined {
  // Read by a timer, where a missing queue would be an uncaught error.
  return node.commandQueue;
}

/**
 * Returns the number of the database that a client uses, also if the application selected it later. Uses `condition` and,
 * after a connection was lost, `prevCondition`.
 */
export function selectedDatabase(client: Redis): number {
  // ioredis selects the database of the options first, and then the one that was selected before the connection broke.
  const { prevCondition, condition, options } = client as Redis & { prevCondition?: { select: number } };
  return prevCondition?.select ?? condition?.select ?? options.db ?? 0;
}

/** Returns the addresses of the nodes that own each slot, the master first. Uses `slots`. */
export function slotOwners(cluster: Cluster): readonly (readonly string[] | undefined)[] {
  return cluster.slots;
}

/** Queries which node owns which slot. Uses `refreshSlotsCache`. */
export function refreshSlots(cluster: Cluster): void {
  cluster.refreshSlotsCache();
}

/** The event of a `Cluster` that has a new slot map. */
export const SLOTS_REFRESHED = 'refresh';

/** The event of a client that a Sentinel could not direct to the master. */
export const SENTINEL_ERROR = 'sentinelError';

/**
 * Handles rejections of the `ASKING` that ioredis sends ahead of a redirected command. ioredis drops that promise, and if
 * the connection breaks at this moment, its rejection ends the process. https://github.com/redis/ioredis/issues/1140
 * shows such a rejection; there is no issue about this cause.
 */
export function handleAskingRejections(node: Redis): void {
  const asking = node.asking.bind(node);
  node.asking = () => {
    const reply = asking();
    reply.catch(() => undefined);
    return reply;
  };
}

const RECONNECT_AFTER_MS = 100;

/**
 * Reconnects a client that ioredis has ended: when its connector is disconnected while it connects, ioredis does not try
 * again. The failover detector of ioredis does that to a client of Sentinels
 * (https://github.com/redis/ioredis/pull/1328, which added the detector; there is no issue about this fault).
 *
 * @returns stops it
 */
export function reconnectAfterEnd(client: Redis): () => void {
  const reconnect = () => {
    setTimeout(() => void client.connect().catch(() => undefined), RECONNECT_AFTER_MS).unref();
  };
  client.on('end', reconnect);
  return () => client.off('end', reconnect);
}

/**
 * The protocol of connections that receive invalidations: RESP2. ioredis 6 drops the invalidations of RESP3
 * (https://github.com/redis/ioredis/issues/1161 is the request for client-side caching).
 */
export const TRACKING_PROTOCOL = { protocol: 2 } as const;

/** The channel on which Redis sends invalidations to a subscriber of RESP2. */
export const INVALIDATION_CHANNEL = '__redis__:invalidate';

/**
 * Calls `listener` with the keys of each invalidation, or with `null` when the server has deleted all keys. ioredis
 * documents `messageBuffer` for text only.
 */
export function onInvalidation(subscriber: Redis, listener: (keys: readonly Buffer[] | null) => void): void {
  subscriber.on('messageBuffer', (_channel: Buffer, keys: readonly Buffer[] | null) => listener(keys));
}

/** Returns the text of an error reply of Redis; `null` for all other errors. Works for errors of another copy of ioredis. */
export function errorReply(error: unknown): string | null {
  return error instanceof Error && error.name === 'ReplyError' ? error.message : null;
}

/** Returns the name of the command that failed, in lower case. Uses `error.command`. */
export function failedCommand(error: unknown): string | undefined {
  return (error as { command?: { name?: string } }).command?.name?.toLowerCase();
}

/** Removes the command from an error: its arguments may contain a password or session data. Uses `error.command`. */
export function withoutCommand(error: unknown): unknown {
  if (error instanceof Error) Reflect.deleteProperty(error, 'command');
  return error;
}

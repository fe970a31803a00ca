import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis';
import { Cluster, Redis } from 'ioredis';
import { SessionOptionsError } from '../core/errors.js';
import { clusterOptions, connectionOptions, unsafeOptionsOf } from './client-profile.js';
import { connectCluster, stayConnected } from './cluster.js';
import { withDeadline } from './deadline.js';
import { withoutCommand } from './redis-error.js';

/** A Redis Cluster, by some of its nodes. */
export interface RedisClusterTarget {
  readonly cluster: readonly ClusterNode[];
  readonly options?: ClusterOptions;
}

/** A URL, and what does not fit into one: the certificate authority of a `rediss://` URL, for example. */
export interface RedisUrlTarget {
  readonly url: string;
  readonly options?: RedisOptions;
}

/**
 * Where Redis is: a URL (`redis://` or `rediss://`), alone or with options; the options of an ioredis client, which
 * may name Sentinels; the nodes of a Cluster; or a client that the application already has. A client that is handed in
 * is never closed by this module.
 */
export type RedisTarget = string | RedisUrlTarget | RedisOptions | RedisClusterTarget | Redis | Cluster;

/** A target that is no client yet. */
type Address = Exclude<RedisTarget, Redis | Cluster>;

/** A client, and how to be done with it. */
export interface RedisConnection {
  readonly client: Redis | Cluster;
  /** Whether this module opened the client, and so closes it. */
  readonly isOwn: boolean;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const BEGIN_AGAIN_AFTER_MS = 100;

/**
 * Opens a client, or takes the one that was handed in.
 *
 * @param warn told what about a handed-in client is unsafe, and of a connection that broke
 * @throws SessionOptionsError when Redis cannot be reached
 */
export async function openRedis(
  target: RedisTarget,
  deadlineMs: number,
  warn: (message: string) => void,
): Promise<RedisConnection> {
  if (isClient(target)) {
    warnAboutUnsafeOptions(target, warn);
    await untilConnected(target);
    return { client: target, isOwn: false, close: () => Promise.resolve() };
  }
  const client = createClient(target, deadlineMs);
  reportBreaks(client, warn);
  const reason = firstReason(client);
  try {
    await withDeadline(connect(client), CONNECT_TIMEOUT_MS);
  } catch (error) {
    client.disconnect();
    throw unreachable(target, reason() ?? error);
  }
  const release = client instanceof Cluster ? () => undefined : beginAgainAtItsEnd(client);
  return {
    client,
    isOwn: true,
    close: () => {
      release();
      return closeClient(client);
    },
  };
}

/** Whether this is an ioredis client, of whichever copy of the library. */
export function isClient(target: RedisTarget): target is Redis | Cluster {
  return typeof target === 'object' && 'evalsha' in target && typeof target.evalsha === 'function';
}

function createClient(target: Address, deadlineMs: number): Redis | Cluster {
  if (typeof target === 'string') return new Redis(target, connectionOptions({}, deadlineMs));
  if ('url' in target) return new Redis(target.url, connectionOptions(target.options ?? {}, deadlineMs));
  if (!('cluster' in target)) return new Redis(connectionOptions(target, deadlineMs));
  const cluster = new Cluster([...target.cluster], clusterOptions(target.options ?? {}, deadlineMs));
  stayConnected(cluster);
  return cluster;
}

function connect(client: Redis | Cluster): Promise<void> {
  return client instanceof Cluster ? connectCluster(client) : client.connect();
}

/**
 * A client ends when it loses its connection while nobody wants it back. ioredis 6 also ends one that hears from a
 * Sentinel of a new master at the moment in which it is connecting, and never connects it again.
 *
 * @returns lets it end
 */
function beginAgainAtItsEnd(client: Redis): () => void {
  const beginAgain = () => {
    setTimeout(() => void client.connect().catch(() => undefined), BEGIN_AGAIN_AFTER_MS).unref();
  };
  client.on('end', beginAgain);
  return () => client.off('end', beginAgain);
}

/** A client that was handed in may still be connecting. When that fails, the first command says why. */
async function untilConnected(client: Redis | Cluster): Promise<void> {
  if (!['wait', 'connecting', 'connect', 'reconnecting'].includes(client.status)) return;
  const ready = new Promise<void>((resolve) => void client.once('ready', resolve));
  if (client.status === 'wait') client.connect().catch(() => undefined);
  await withDeadline(ready, CONNECT_TIMEOUT_MS).catch(() => undefined);
}

/** What connect() rejects with says only that the connection is closed. Why, events tell. */
function firstReason(client: Redis | Cluster): () => Error | undefined {
  const reasons = new Map<string, Error>();
  // The most telling first: a Sentinel that does not know the name counts as unreachable in the general error.
  const events = ['sentinelError', 'node error', 'error'];
  for (const event of events) client.once(event, (error: Error) => void reasons.set(event, error));
  return () => events.map((event) => reasons.get(event)).find((reason) => reason !== undefined);
}

function reportBreaks(client: Redis | Cluster, warn: (message: string) => void): void {
  let isBroken = false;
  client.on('error', (error: Error) => {
    if (!isBroken) warn(`Redis: ${error.message || error.name}. Trying again until it is back.`);
    isBroken = true;
  });
  client.on('ready', () => {
    if (isBroken) warn('Redis is back.');
    isBroken = false;
  });
}

function unreachable(target: Address, error: unknown): SessionOptionsError {
  const message = (error as Error).message.replace(/\.$/, '') || 'it does not';
  return new SessionOptionsError(
    `redis: expected a server that answers at ${describe(target)}, but ${message}. ` +
      'Start Redis there, or correct the option "redis".',
    { cause: withoutCommand(error) },
  );
}

/** Where a target is, without its password. */
function describe(target: Address): string {
  if (typeof target === 'string') {
    return URL.canParse(target) ? new URL(target).host || new URL(target).pathname : 'the given address';
  }
  if ('url' in target) return describe(target.url);
  if ('cluster' in target) return `any of ${target.cluster.map(describeNode).join(', ')}`;
  if (target.sentinels) return `${target.name ?? 'the master'} as named by its sentinels`;
  return target.path ?? `${target.host ?? '127.0.0.1'}:${target.port ?? 6379}`;
}

function describeNode(node: ClusterNode): string {
  if (typeof node === 'object') return `${node.host ?? '127.0.0.1'}:${node.port ?? 6379}`;
  return typeof node === 'number' ? `127.0.0.1:${node}` : node.replace(/\/\/.*@/, '//');
}

async function closeClient(client: Redis | Cluster): Promise<void> {
  try {
    await withDeadline(client.quit(), CONNECT_TIMEOUT_MS);
    // What is connected to Sentinels is not closed by that.
    if (!client.isCluster) client.disconnect();
  } catch {
    client.disconnect(); // it was not connected, which is just as well
  }
}

function warnAboutUnsafeOptions(client: Redis | Cluster, warn: (message: string) => void): void {
  const unsafe = unsafeOptionsOf(client);
  if (unsafe.length === 0) return;
  const reasons = unsafe.map(({ name, why }) => `${name}: ${why}`);
  const remedy = unsafe.map(({ name, safe }) => `${name}: ${JSON.stringify(safe)}`);
  warn(
    `The Redis client that was handed in is not set up for sessions: ${reasons.join('; ')}. ` +
      `Create it with { ${remedy.join(', ')} }, or hand in where Redis is instead.`,
  );
}

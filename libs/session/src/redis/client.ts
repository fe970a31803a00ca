import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis';
import { Cluster, Redis } from 'ioredis';
import { SessionOptionsError, withoutFullStop } from '../core/errors.js';
import { clusterOptions, connectionOptions, unsafeOptionsOf } from './client-profile.js';
import { watchBreaks } from './breaks.js';
import { connectCluster, isComplete, stayConnected, untilComplete } from './cluster.js';
import { withDeadline } from './deadline.js';
import { withoutCommand } from './redis-error.js';
import { giveUpSilent, silenceMsFor } from './silence.js';

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

/** What becomes of a start while Redis is away: it fails, it waits, or it goes on without. */
export type StartupPolicy = 'fail' | 'wait' | 'degraded';

const CONNECT_TIMEOUT_MS = 5_000;
const QUIT_TIMEOUT_MS = 1_000;
const BEGIN_AGAIN_AFTER_MS = 100;
const READY_POLL_MS = 20;

/**
 * Opens a client, or takes the one that was handed in.
 *
 * @param warn told what about a handed-in client is unsafe, and of a connection that broke
 * @throws SessionOptionsError when Redis cannot be reached, and the start shall fail then
 */
export async function openRedis(
  target: RedisTarget,
  deadlineMs: number,
  warn: (message: string) => void,
  startup: StartupPolicy = 'fail',
): Promise<RedisConnection> {
  if (isClient(target)) return takeOver(target, warn);
  const client = createClient(target, deadlineMs);
  giveUpSilent(client, silenceMsFor(deadlineMs));
  const unwatch = watchBreaks(client, warn);
  const reason = firstReason(client);
  const patienceMs = startup === 'degraded' ? deadlineMs : CONNECT_TIMEOUT_MS;
  try {
    await withDeadline(connect(client, patienceMs), patienceMs);
  } catch (error) {
    if (startup === 'fail') {
      client.disconnect();
      unwatch();
      throw unreachable(target, reason() ?? error);
    }
    if (startup === 'wait') await untilReady(client);
  }
  const release = client instanceof Cluster ? () => undefined : beginAgainAtItsEnd(client);
  return {
    client,
    isOwn: true,
    close: async () => {
      release();
      await closeClient(client);
      unwatch();
    },
  };
}

/** A client that the application has made. We listen to it, keep it connected, and stop both when we close. */
async function takeOver(client: Redis | Cluster, warn: (message: string) => void): Promise<RedisConnection> {
  warnAboutUnsafeOptions(client, warn);
  const unwatch = watchBreaks(client, warn);
  const release = client.isCluster ? stayConnected(client as Cluster) : () => undefined;
  await withDeadline(untilConnected(client), CONNECT_TIMEOUT_MS).catch(() => undefined);
  return {
    client,
    isOwn: false,
    close: () => {
      release();
      return Promise.resolve(unwatch());
    },
  };
}

/** A connection of our own beside a client. It connects by itself, and again when it is lost. */
export function openBeside(client: Redis | Cluster, deadlineMs: number): Redis | Cluster {
  const own = { enableOfflineQueue: false, lazyConnect: true };
  const beside = client.isCluster
    ? (client as Cluster).duplicate([], own)
    : (client as Redis).duplicate({ ...own, maxRetriesPerRequest: 0 });
  giveUpSilent(beside, silenceMsFor(deadlineMs));
  beside.on('error', () => undefined); // the client that it is beside tells of it
  if (beside.isCluster) stayConnected(beside as Cluster);
  void beside.connect().catch(() => undefined);
  return beside;
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

function connect(client: Redis | Cluster, patienceMs: number): Promise<void> {
  return client instanceof Cluster ? connectCluster(client, patienceMs) : client.connect();
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

/** A client tries again by itself, and says nothing of it but by its state. */
async function untilReady(client: Redis | Cluster): Promise<void> {
  while (!isReady(client)) await delay(READY_POLL_MS);
}

function isReady(client: Redis | Cluster): boolean {
  return client.status === 'ready' && (!(client instanceof Cluster) || isComplete(client));
}

/** A client that was handed in may still be connecting. When that fails, the first command says why. */
async function untilConnected(client: Redis | Cluster): Promise<void> {
  if (['wait', 'connecting', 'connect', 'reconnecting'].includes(client.status)) {
    const ready = new Promise<void>((resolve) => void client.once('ready', resolve));
    if (client.status === 'wait') client.connect().catch(() => undefined);
    await ready;
  }
  if (client.isCluster) await untilComplete(client as Cluster, CONNECT_TIMEOUT_MS);
}

/** What connect() rejects with says only that the connection is closed. Why, events tell. */
function firstReason(client: Redis | Cluster): () => Error | undefined {
  const reasons = new Map<string, Error>();
  // The most telling first: a Sentinel that does not know the name counts as unreachable in the general error.
  const events = ['sentinelError', 'node error', 'error'];
  for (const event of events) client.once(event, (error: Error) => void reasons.set(event, error));
  return () => events.map((event) => reasons.get(event)).find((reason) => reason !== undefined);
}

function unreachable(target: Address, error: unknown): SessionOptionsError {
  const message = withoutFullStop((error as Error).message) || 'it does not';
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
    // What is under way is answered before.
    await withDeadline(client.quit(), QUIT_TIMEOUT_MS);
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

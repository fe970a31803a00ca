import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import { SessionOptionsError, withoutFullStop } from '../core/errors/errors.js';
import { clusterOptions, connectionOptions, unsafeOptionsOf } from './client-profile.js';
import { connectCluster, isComplete, keepConnected, untilComplete } from './cluster.js';
import { logConnectionLoss } from './connection-loss.js';
import { confirmDatabase, databaseConfirmed, isOnDatabase, isRefusedSelect } from './database.js';
import { withDeadline } from './deadline.js';
import {
  isCluster,
  reconnectAfterEnd,
  selectedDatabase,
  SENTINEL_ERROR,
  withoutCommand,
} from './ioredis-internals.js';
import { type Ioredis, loadIoredis } from './load-ioredis.js';
import { letProcessEnd } from './process-hold.js';
import {
  STALL_TIMEOUT_OF_APPLICATION_MS,
  stallTimeoutMs,
  watchForStalledReplies,
} from './stalled-replies.js';
import type { Address, RedisTarget } from './target.js';
import { describe, isClient } from './target.js';

export type { RedisTarget } from './target.js';

/** A client and the means to close it. */
export interface RedisConnection {
  readonly client: Redis | Cluster;
  /** True if the module has opened the client, and so closes it. */
  readonly isOwn: boolean;
  /** Lets the connection keep the process alive. Until then the process can end if the start fails elsewhere. */
  holdProcess(): void;
  close(): Promise<void>;
}

/** The reaction of the start to an unavailable Redis: fail, wait, or continue without Redis. */
export type StartupPolicy = 'fail' | 'wait' | 'degraded';

const CONNECT_TIMEOUT_MS = 5_000;
const QUIT_TIMEOUT_MS = 1_000;
const READY_POLL_MS = 20;

/**
 * Opens a client, or adopts the one that the application passed.
 *
 * @param warn logs unsafe options of the application's client, and losses of the connection
 * @throws SessionOptionsError if Redis cannot be reached and the policy is `fail`
 */
export async function openRedis(
  target: RedisTarget,
  deadlineMs: number,
  warn: (message: string) => void,
  startup: StartupPolicy = 'fail',
): Promise<RedisConnection> {
  if (isClient(target)) return adopt(target as Redis | Cluster, warn, startup);
  const client = createClient(await loadIoredis(), target, deadlineMs);
  watchForStalledReplies(client, stallTimeoutMs(deadlineMs)); // until its connections end
  const releases = [confirmDatabaseOf(client), logConnectionLoss(client, warn)];
  const reason = firstReason(client);
  const timeoutMs = startup === 'degraded' ? deadlineMs : CONNECT_TIMEOUT_MS;
  try {
    await withDeadline(connect(client, timeoutMs), timeoutMs);
  } catch (error) {
    if (startup === 'fail') {
      client.disconnect();
      releaseAll(releases);
      throw unusable(describe(target), client, reason() ?? error);
    }
    if (startup === 'wait') await untilReady(client);
  }
  if (!isCluster(client)) releases.push(reconnectAfterEnd(client));
  return {
    client,
    isOwn: true,
    holdProcess: letProcessEnd(client),
    close: async () => {
      releases.pop()?.(); // otherwise the client would reconnect
      await closeClient(client);
      releaseAll(releases);
    },
  };
}

/** Listens to a client of the application and keeps it connected, until the connection is closed. */
async function adopt(
  client: Redis | Cluster,
  warn: (message: string) => void,
  startup: StartupPolicy,
): Promise<RedisConnection> {
  warnAboutUnsafeOptions(client, warn);
  const releases = [
    confirmDatabaseOf(client),
    logConnectionLoss(client, warn),
    watchForStalledReplies(client, STALL_TIMEOUT_OF_APPLICATION_MS),
  ];
  if (isCluster(client)) releases.push(keepConnected(client));
  try {
    await withDeadline(untilConnected(client), CONNECT_TIMEOUT_MS);
  } catch (error) {
    if (startup === 'fail' && isRefusedSelect(error)) {
      releaseAll(releases);
      throw unusable('the address of the client that was passed', client, error);
    }
  }
  return {
    client,
    isOwn: false,
    holdProcess: () => undefined, // the application decides
    close: () => Promise.resolve(releaseAll(releases)),
  };
}

/** Confirms the database of a client. A Cluster has only one, which the check of the options ensures. */
function confirmDatabaseOf(client: Redis | Cluster): () => void {
  return isCluster(client) ? () => undefined : confirmDatabase(client);
}

function releaseAll(releases: readonly (() => void)[]): void {
  for (const release of releases) release();
}

/** Opens a further connection with the options of a client. It connects in the background, and reconnects when it is lost. */
export function openDedicatedConnection(client: Redis | Cluster, deadlineMs: number): Redis | Cluster {
  const own = { enableOfflineQueue: false, lazyConnect: true };
  const dedicated = isCluster(client)
    ? client.duplicate([], own)
    : // The application may have selected another database since.
      client.duplicate({ ...own, maxRetriesPerRequest: 0, db: selectedDatabase(client) });
  watchForStalledReplies(dedicated, stallTimeoutMs(deadlineMs));
  confirmDatabaseOf(dedicated);
  dedicated.on('error', () => undefined); // the first client reports it
  if (isCluster(dedicated)) keepConnected(dedicated);
  void dedicated.connect().catch(() => undefined);
  return dedicated;
}

function createClient({ Redis, Cluster }: Ioredis, target: Address, deadlineMs: number): Redis | Cluster {
  if (typeof target === 'string') return new Redis(target, connectionOptions({}, deadlineMs));
  if ('url' in target) return new Redis(target.url, connectionOptions(target.options ?? {}, deadlineMs));
  if (!('cluster' in target)) return new Redis(connectionOptions(target, deadlineMs));
  const cluster = new Cluster([...target.cluster], clusterOptions(target.options ?? {}, deadlineMs));
  keepConnected(cluster);
  return cluster;
}

async function connect(client: Redis | Cluster, timeoutMs: number): Promise<void> {
  if (isCluster(client)) return connectCluster(client, timeoutMs);
  await client.connect();
  await databaseConfirmed(client);
}

/** Waits until a client is connected. It polls, because ioredis reconnects on its own and only `status` shows it. */
async function untilReady(client: Redis | Cluster): Promise<void> {
  while (!isReady(client)) await delay(READY_POLL_MS);
}

function isReady(client: Redis | Cluster): boolean {
  if (client.status !== 'ready') return false;
  return isCluster(client) ? isComplete(client) : isOnDatabase(client);
}

/**
 * Waits for a client of the application, which may still be connecting. If that takes too long, the first command
 * fails with the reason. Rejects if Redis rejects the client's database.
 */
async function untilConnected(client: Redis | Cluster): Promise<void> {
  if (['wait', 'connecting', 'connect', 'reconnecting'].includes(client.status)) {
    const ready = readyOrRejected(client);
    if (client.status === 'wait') client.connect().catch(() => undefined);
    await ready;
  }
  if (isCluster(client)) await untilComplete(client, CONNECT_TIMEOUT_MS);
  else await databaseConfirmed(client);
}

function readyOrRejected(client: Redis | Cluster): Promise<void> {
  return new Promise((resolve, reject) => {
    const onReady = () => settle(resolve);
    const onError = (error: Error) => {
      if (isRefusedSelect(error)) settle(() => reject(error));
    };
    const settle = (outcome: () => void) => {
      client.off('ready', onReady).off('error', onError);
      outcome();
    };
    client.on('ready', onReady).on('error', onError);
  });
}

/** Returns the reason of a failed `connect()` from events: its rejection says only that the connection is closed. */
function firstReason(client: Redis | Cluster): () => Error | undefined {
  const reasons = new Map<string, Error>();
  // The most specific first: the general error counts a Sentinel that does not know the master as unreachable.
  const events = [SENTINEL_ERROR, 'node error', 'error'];
  for (const event of events) client.once(event, (error: Error) => void reasons.set(event, error));
  return () => events.map((event) => reasons.get(event)).find((reason) => reason !== undefined);
}

function unusable(place: string, client: Redis | Cluster, error: unknown): SessionOptionsError {
  const message = withoutFullStop((error as Error).message) || 'it did not';
  const isDatabaseRejected = isRefusedSelect(error);
  const cause = withoutCommand(error);
  if (isDatabaseRejected) {
    return new SessionOptionsError(
      `redis: expected database ${selectedDatabase(client as Redis)} at ${place}, but Redis rejects it: ${message}. ` +
        'Allow the ACL user to run SELECT (+select), or correct the number.',
      { cause },
    );
  }
  return new SessionOptionsError(
    `redis: expected a server that answers at ${place}, but ${message}. ` +
      'Start Redis there, or correct the option "redis".',
    { cause },
  );
}

async function closeClient(client: Redis | Cluster): Promise<void> {
  try {
    // Pending commands are answered first.
    await withDeadline(client.quit(), QUIT_TIMEOUT_MS);
    // QUIT leaves connections to Sentinels open.
    if (!isCluster(client)) client.disconnect();
  } catch {
    client.disconnect(); // it was not connected
  }
}

function warnAboutUnsafeOptions(client: Redis | Cluster, warn: (message: string) => void): void {
  const unsafe = unsafeOptionsOf(client);
  if (unsafe.length === 0) return;
  const reasons = unsafe.map(({ name, why }) => `${name}: ${why}`);
  const remedy = unsafe.map(({ name, safe }) => `${name}: ${JSON.stringify(safe)}`);
  warn(
    `The Redis client that was passed has options that are unsafe for sessions: ${reasons.join('; ')}. ` +
      `Create it with { ${remedy.join(', ')} }, or pass the address of Redis instead.`,
  );
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import { SessionOptionsError, withoutFullStop } from '../core/errors/errors.js';
import { clusterOptions, connectionOptions, unsafeOptionsOf } from './client-profile.js';
import { watchBreaks } from './breaks.js';
import { connectCluster, isComplete, stayConnected, untilComplete } from './cluster.js';
import { confirmDatabase, databaseConfirmed, databaseOf, isOnDatabase, isRefusedSelect } from './database.js';
import { withDeadline } from './deadline.js';
import { type Ioredis, loadIoredis } from './load-ioredis.js';
import { letProcessEnd } from './process-hold.js';
import { withoutCommand } from './redis-error.js';
import { giveUpSilent, giveUpSilentOfOthers, silenceMsFor } from './silence.js';
import type { Address, RedisTarget } from './target.js';
import { describe, isClient } from './target.js';

export type { RedisTarget } from './target.js';

/** A client, and how to be done with it. */
export interface RedisConnection {
  readonly client: Redis | Cluster;
  /** Whether this module opened the client, and so closes it. */
  readonly isOwn: boolean;
  /** Lets the connection keep the process alive. Before that a start that fails elsewhere can end. */
  holdProcess(): void;
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
  if (isClient(target)) return takeOver(target as Redis | Cluster, warn, startup);
  const client = createClient(await loadIoredis(), target, deadlineMs);
  giveUpSilent(client, silenceMsFor(deadlineMs)); // until its connections end
  const releases = [confirmDatabaseOf(client), watchBreaks(client, warn)];
  const reason = firstReason(client);
  const patienceMs = startup === 'degraded' ? deadlineMs : CONNECT_TIMEOUT_MS;
  try {
    await withDeadline(connect(client, patienceMs), patienceMs);
  } catch (error) {
    if (startup === 'fail') {
      client.disconnect();
      releaseAll(releases);
      throw unusable(describe(target), client, reason() ?? error);
    }
    if (startup === 'wait') await untilReady(client);
  }
  if (!client.isCluster) releases.push(beginAgainAtItsEnd(client as Redis));
  return {
    client,
    isOwn: true,
    holdProcess: letProcessEnd(client),
    close: async () => {
      releases.pop()?.(); // else the client would begin again
      await closeClient(client);
      releaseAll(releases);
    },
  };
}

/** A client that the application has made. We listen to it, keep it connected, and stop both when we close. */
async function takeOver(
  client: Redis | Cluster,
  warn: (message: string) => void,
  startup: StartupPolicy,
): Promise<RedisConnection> {
  warnAboutUnsafeOptions(client, warn);
  const releases = [confirmDatabaseOf(client), watchBreaks(client, warn)];
  releases.push(giveUpSilentOfOthers(client));
  if (client.isCluster) releases.push(stayConnected(client as Cluster));
  try {
    await withDeadline(untilConnected(client), CONNECT_TIMEOUT_MS);
  } catch (error) {
    if (startup === 'fail' && isRefusedSelect(error)) {
      releaseAll(releases);
      throw unusable('the address of the client that was handed in', client, error);
    }
  }
  return {
    client,
    isOwn: false,
    holdProcess: () => undefined, // which is for the application to say
    close: () => Promise.resolve(releaseAll(releases)),
  };
}

/** A Cluster has one database only, which the options have been checked for. */
function confirmDatabaseOf(client: Redis | Cluster): () => void {
  return client.isCluster ? () => undefined : confirmDatabase(client as Redis);
}

function releaseAll(releases: readonly (() => void)[]): void {
  for (const release of releases) release();
}

/** A connection of our own beside a client. It connects by itself, and again when it is lost. */
export function openBeside(client: Redis | Cluster, deadlineMs: number): Redis | Cluster {
  const own = { enableOfflineQueue: false, lazyConnect: true };
  const beside = client.isCluster
    ? (client as Cluster).duplicate([], own)
    : // The application may have sent its client to another database since.
      (client as Redis).duplicate({ ...own, maxRetriesPerRequest: 0, db: databaseOf(client as Redis) });
  giveUpSilent(beside, silenceMsFor(deadlineMs));
  confirmDatabaseOf(beside);
  beside.on('error', () => undefined); // the client that it is beside tells of it
  if (beside.isCluster) stayConnected(beside as Cluster);
  void beside.connect().catch(() => undefined);
  return beside;
}

function createClient({ Redis, Cluster }: Ioredis, target: Address, deadlineMs: number): Redis | Cluster {
  if (typeof target === 'string') return new Redis(target, connectionOptions({}, deadlineMs));
  if ('url' in target) return new Redis(target.url, connectionOptions(target.options ?? {}, deadlineMs));
  if (!('cluster' in target)) return new Redis(connectionOptions(target, deadlineMs));
  const cluster = new Cluster([...target.cluster], clusterOptions(target.options ?? {}, deadlineMs));
  stayConnected(cluster);
  return cluster;
}

async function connect(client: Redis | Cluster, patienceMs: number): Promise<void> {
  if (client.isCluster) return connectCluster(client as Cluster, patienceMs);
  await client.connect();
  await databaseConfirmed(client);
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
  if (client.status !== 'ready') return false;
  return client.isCluster ? isComplete(client as Cluster) : isOnDatabase(client);
}

/**
 * Waits for a client that was handed in, which may still be connecting. When that fails, the first command says why.
 * Rejects when Redis refuses the client's database.
 */
async function untilConnected(client: Redis | Cluster): Promise<void> {
  if (['wait', 'connecting', 'connect', 'reconnecting'].includes(client.status)) {
    const ready = readyOrRefused(client);
    if (client.status === 'wait') client.connect().catch(() => undefined);
    await ready;
  }
  if (client.isCluster) await untilComplete(client as Cluster, CONNECT_TIMEOUT_MS);
  else await databaseConfirmed(client);
}

function readyOrRefused(client: Redis | Cluster): Promise<void> {
  return new Promise((resolve, reject) => {
    const onReady = () => settle(resolve);
    const onError = (error: Error) => {
      if (isRefusedSelect(error)) settle(() => reject(error));
    };
    const settle = (how: () => void) => {
      client.off('ready', onReady).off('error', onError);
      how();
    };
    client.on('ready', onReady).on('error', onError);
  });
}

/** What connect() rejects with says only that the connection is closed. Why, events tell. */
function firstReason(client: Redis | Cluster): () => Error | undefined {
  const reasons = new Map<string, Error>();
  // The most telling first: a Sentinel that does not know the name counts as unreachable in the general error.
  const events = ['sentinelError', 'node error', 'error'];
  for (const event of events) client.once(event, (error: Error) => void reasons.set(event, error));
  return () => events.map((event) => reasons.get(event)).find((reason) => reason !== undefined);
}

function unusable(place: string, client: Redis | Cluster, error: unknown): SessionOptionsError {
  const message = withoutFullStop((error as Error).message) || 'it does not';
  const refusesDatabase = isRefusedSelect(error);
  const cause = withoutCommand(error);
  if (refusesDatabase) {
    return new SessionOptionsError(
      `redis: expected database ${databaseOf(client as Redis)} at ${place}, but Redis refuses it: ${message}. ` +
        'Let the ACL user run SELECT (+select), or correct the number.',
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

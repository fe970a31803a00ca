import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis';
import { Cluster, Redis } from 'ioredis';
import { SessionOptionsError } from '../core/errors.js';
import { withDeadline } from './deadline.js';

/** A Redis Cluster, by some of its nodes. */
export interface RedisClusterTarget {
  readonly cluster: readonly ClusterNode[];
  readonly options?: ClusterOptions;
}

/**
 * Where Redis is: a URL (`redis://` or `rediss://`), the options of an ioredis client, the nodes of a Cluster, or a
 * client that the application already has. A client that is handed in is never closed by this module.
 */
export type RedisTarget = string | RedisOptions | RedisClusterTarget | Redis | Cluster;

/** A client, and how to be done with it. */
export interface RedisConnection {
  readonly client: Redis | Cluster;
  /** Whether this module opened the client, and so closes it. */
  readonly isOwn: boolean;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * How a client of ours behaves: a command fails at once when there is no connection, is never sent twice, and never
 * runs later than its caller waits. The defaults of ioredis do the opposite of each.
 */
function clientProfile(deadlineMs: number) {
  return {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: deadlineMs,
    lazyConnect: true,
  };
}

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
    return { client: target, isOwn: false, close: () => Promise.resolve() };
  }
  const client = createClient(target, deadlineMs);
  reportBreaks(client, warn);
  try {
    await withDeadline(client.connect(), CONNECT_TIMEOUT_MS);
  } catch (error) {
    client.disconnect();
    throw unreachable(target, error);
  }
  return { client, isOwn: true, close: () => closeClient(client) };
}

/** Whether this is an ioredis client, of whichever copy of the library. */
export function isClient(target: RedisTarget): target is Redis | Cluster {
  return typeof target === 'object' && 'evalsha' in target && typeof target.evalsha === 'function';
}

function createClient(target: Exclude<RedisTarget, Redis | Cluster>, deadlineMs: number): Redis | Cluster {
  const profile = clientProfile(deadlineMs);
  if (typeof target === 'string') return new Redis(target, profile);
  if (!('cluster' in target)) return new Redis({ ...target, ...profile });
  const { redisOptions, ...options } = target.options ?? {};
  return new Cluster([...target.cluster], {
    ...options,
    enableOfflineQueue: false,
    lazyConnect: true,
    redisOptions: { ...redisOptions, maxRetriesPerRequest: 0, commandTimeout: deadlineMs },
  });
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

function unreachable(target: Exclude<RedisTarget, Redis | Cluster>, error: unknown): SessionOptionsError {
  const { message } = error as Error;
  return new SessionOptionsError(
    `redis: expected a server that answers at ${describe(target)}, but ${message || 'it does not'}. ` +
      'Start Redis there, or correct the option "redis".',
    { cause: error },
  );
}

/** Where a target is, without its password. */
function describe(target: Exclude<RedisTarget, Redis | Cluster>): string {
  if (typeof target === 'string') {
    return URL.canParse(target) ? new URL(target).host || new URL(target).pathname : 'the given address';
  }
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
  } catch {
    client.disconnect(); // it was not connected, which is just as well
  }
}

function warnAboutUnsafeOptions(client: Redis | Cluster, warn: (message: string) => void): void {
  const { enableOfflineQueue } = client.options;
  const perNode = 'redisOptions' in client.options ? client.options.redisOptions : client.options;
  const { maxRetriesPerRequest } = (perNode ?? {}) as RedisOptions;
  const unsafe = [
    ...(enableOfflineQueue === false
      ? []
      : ['enableOfflineQueue: commands may run after their caller gave up']),
    ...(maxRetriesPerRequest === 0 ? [] : ['maxRetriesPerRequest: a command may run twice']),
  ];
  if (unsafe.length === 0) return;
  warn(
    `The Redis client that was handed in is not set up for sessions: ${unsafe.join('; ')}. ` +
      'Create it with { enableOfflineQueue: false, maxRetriesPerRequest: 0 }, or hand in a URL instead.',
  );
}

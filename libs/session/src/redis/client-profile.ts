import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { isCluster } from './ioredis-internals.js';
import { stallTimeoutMs } from './stalled-replies.js';

/** Timeout of one attempt to connect to a Redis or a Sentinel. */
const CONNECT_ATTEMPT_MS = 2_000;
/** Timeout for the other end to close a connection that the client has ended. A dead host never does. */
const DISCONNECT_TIMEOUT_MS = 250;
const LONGEST_RETRY_DELAY_MS = 200;

/**
 * Returns the options of the module's own connections: a command fails at once if there is no connection, is never
 * repeated by the client, and never runs after its caller has stopped waiting. The defaults of ioredis do the opposite.
 * `RedisCaller` repeats commands, because it knows which ones are safe to repeat.
 */
export function connectionOptions(own: RedisOptions, deadlineMs: number): RedisOptions {
  return {
    ...recovery(deadlineMs),
    ...own,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // The deadline of each call replaces it. In a busy process this timer fires ahead of replies that have arrived,
    // and the deadline reads the sockets once more.
    commandTimeout: undefined,
    lazyConnect: true,
  };
}

/** Returns the same for a Cluster, whose client would repeat commands after a delay. */
export function clusterOptions(own: ClusterOptions, deadlineMs: number): ClusterOptions {
  return {
    ...own,
    enableOfflineQueue: false,
    lazyConnect: true,
    // It queries a node that is not connected yet, which always fails without a queue. `connectCluster` checks instead.
    enableReadyCheck: false,
    scaleReads: 'master',
    // A command whose connection broke may have run; a delayed one runs after its caller has stopped waiting.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // A script in a slot that is being moved: several attempts within the deadline.
    retryDelayOnTryAgain: 25,
    maxRedirections: 4,
    // The slot map is queried over a connection of its own, which takes several round trips.
    slotsRefreshTimeout: own.slotsRefreshTimeout ?? stallTimeoutMs(deadlineMs),
    redisOptions: connectionOptions(own.redisOptions ?? {}, deadlineMs),
  };
}

/** Returns how soon an unusable connection is replaced. The application may override these options. */
function recovery(deadlineMs: number): RedisOptions {
  return {
    connectTimeout: CONNECT_ATTEMPT_MS,
    // An ACL user with few permissions may not send CLIENT SETINFO, and Redis logs each rejection.
    disableClientInfo: true,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) =>
      Math.min(50 * 2 ** (attempt - 1), LONGEST_RETRY_DELAY_MS) * (0.5 + Math.random()),
    sentinelCommandTimeout: stallTimeoutMs(deadlineMs),
    // A master that was replaced accepts writes for ten more seconds, which are lost.
    failoverDetector: true,
  };
}

/** An option of a client that is unsafe for sessions. */
export interface UnsafeOption {
  readonly name: string;
  readonly safe: unknown;
  /** The consequence of the unsafe value. */
  readonly why: string;
}

const RUNS_LATE = 'commands may run after their caller stopped waiting';
const RUNS_TWICE = 'a command may run twice';

const SAFE_ON_ANY: readonly UnsafeOption[] = [{ name: 'enableOfflineQueue', safe: false, why: RUNS_LATE }];
const SAFE_ON_CONNECTION: readonly UnsafeOption[] = [
  { name: 'maxRetriesPerRequest', safe: 0, why: RUNS_TWICE },
];
const SAFE_ON_CLUSTER: readonly UnsafeOption[] = [
  { name: 'retryDelayOnFailover', safe: 0, why: RUNS_TWICE },
  { name: 'retryDelayOnClusterDown', safe: 0, why: RUNS_LATE },
  { name: 'scaleReads', safe: 'master', why: 'a replica may still hold a session that has ended' },
];

/** Returns the options of the application's client that are unsafe for sessions. */
export function unsafeOptionsOf(client: Redis | Cluster): UnsafeOption[] {
  const demands = [...SAFE_ON_ANY, ...(isCluster(client) ? SAFE_ON_CLUSTER : SAFE_ON_CONNECTION)];
  return demands.filter(({ name, safe }) => (client.options as Record<string, unknown>)[name] !== safe);
}

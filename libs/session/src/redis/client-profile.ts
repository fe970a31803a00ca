import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { stallTimeoutMs } from './stalled-replies.js';

/** How long ioredis may be busy with one attempt to connect, to a Redis or to a Sentinel. */
const CONNECT_ATTEMPT_MS = 2_000;
/** How long the other end may take to close a connection that we have ended. A dead one never does. */
const GOODBYE_MS = 250;
const LONGEST_RETRY_DELAY_MS = 200;

/**
 * How a connection of ours behaves: a command fails at once when there is no connection, is never repeated by the
 * client, and never runs later than its caller waits. The defaults of ioredis do the opposite of each. What is tried a
 * second time, `RedisCaller` decides, which knows what does no harm.
 */
export function connectionOptions(own: RedisOptions, deadlineMs: number): RedisOptions {
  return {
    ...recovery(deadlineMs),
    ...own,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // The deadline around each call does that. In a process that was busy this timer comes due before replies that are
    // there already, and the deadline looks for them once more.
    commandTimeout: undefined,
    lazyConnect: true,
  };
}

/** The same for a Cluster, whose client repeats commands by itself after a delay, if it is let. */
export function clusterOptions(own: ClusterOptions, deadlineMs: number): ClusterOptions {
  return {
    ...own,
    enableOfflineQueue: false,
    lazyConnect: true,
    // It asks a node that is not connected yet, which without a queue fails for ever. `connectCluster` looks itself.
    enableReadyCheck: false,
    scaleReads: 'master',
    // A command whose connection broke may have run; one that waits runs when its caller is gone.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // A script in a slot that is half moved: some tries, all of them within the deadline.
    retryDelayOnTryAgain: 25,
    maxRedirections: 4,
    // Which node has which slot is asked over a connection that is made for that, and takes several round trips.
    slotsRefreshTimeout: own.slotsRefreshTimeout ?? stallTimeoutMs(deadlineMs),
    redisOptions: connectionOptions(own.redisOptions ?? {}, deadlineMs),
  };
}

/** How soon a connection that is of no use is given up for a better one. The application may choose otherwise. */
function recovery(deadlineMs: number): RedisOptions {
  return {
    connectTimeout: CONNECT_ATTEMPT_MS,
    // A user with few rights may not send CLIENT SETINFO, and Redis writes down who was refused.
    disableClientInfo: true,
    disconnectTimeout: GOODBYE_MS,
    retryStrategy: (attempt) =>
      Math.min(50 * 2 ** (attempt - 1), LONGEST_RETRY_DELAY_MS) * (0.5 + Math.random()),
    sentinelCommandTimeout: stallTimeoutMs(deadlineMs),
    // A master that was replaced takes writes for ten seconds more, and nobody will ever see them.
    failoverDetector: true,
  };
}

/** An option of a client that is not as sessions need it. */
export interface UnsafeOption {
  readonly name: string;
  readonly safe: unknown;
  /** What may happen otherwise. */
  readonly why: string;
}

const RUNS_LATE = 'commands may run after their caller gave up';
const RUNS_TWICE = 'a command may run twice';

const SAFE_ON_ANY: readonly UnsafeOption[] = [{ name: 'enableOfflineQueue', safe: false, why: RUNS_LATE }];
const SAFE_ON_CONNECTION: readonly UnsafeOption[] = [
  { name: 'maxRetriesPerRequest', safe: 0, why: RUNS_TWICE },
];
const SAFE_ON_CLUSTER: readonly UnsafeOption[] = [
  { name: 'retryDelayOnFailover', safe: 0, why: RUNS_TWICE },
  { name: 'retryDelayOnClusterDown', safe: 0, why: RUNS_LATE },
  { name: 'scaleReads', safe: 'master', why: 'a replica may still have a session that has ended' },
];

/** What about a client of the application's own is unsafe for sessions. */
export function unsafeOptionsOf({ options, isCluster }: Redis | Cluster): UnsafeOption[] {
  const demands = [...SAFE_ON_ANY, ...(isCluster ? SAFE_ON_CLUSTER : SAFE_ON_CONNECTION)];
  return demands.filter(({ name, safe }) => (options as Record<string, unknown>)[name] !== safe);
}

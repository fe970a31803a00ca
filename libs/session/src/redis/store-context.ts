import type { Cluster, Redis } from 'ioredis';
import type { Meter } from '../core/runtime/statistics.js';
import type { RedisCaller } from './caller.js';
import type { RedisKeys } from './keys.js';

/** Runs scripts that end sessions, and may wait for replicas. */
export type EndingCaller = Pick<RedisCaller, 'run'>;

/** The parts of a {@link RedisStore} that the module makes for it. */
export interface RedisStoreParts {
  /** Counts and times the calls. */
  readonly meter?: Meter;
  /** Runs the scripts that end sessions. By default, the same caller as for all other scripts. */
  readonly ending?: EndingCaller;
}

/** The parts of a store that its operations share. */
export interface StoreContext {
  readonly client: Redis | Cluster;
  readonly keys: RedisKeys;
  readonly redis: RedisCaller;
  readonly ending: EndingCaller;
  readonly deadlineMs: number;
  readonly noticeTtlMs: number;
  /** The maximum size of a user's session, in bytes. */
  readonly maxBytes: number;
}

import type { Cluster, Redis } from 'ioredis';
import type { RedisCaller } from './caller.js';
import type { RedisKeys } from './keys.js';

/** Where sessions are, and what ends them. */
export interface Place {
  readonly client: Redis | Cluster;
  readonly keys: RedisKeys;
  readonly redis: RedisCaller;
  /** What runs the scripts that end sessions, and maybe waits for replicas. */
  readonly endings: Pick<RedisCaller, 'run'>;
  readonly deadlineMs: number;
  readonly noticeTtlMs: number;
}

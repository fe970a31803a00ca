import type { Alert } from '../alert.js';
import { cacheHitRateLow, staleReads } from './cache.js';
import { evictions, memoryHigh, redisHitRateLow, replicationLag } from './redis.js';
import { refusalSpike, theftSignal } from './refusals.js';
import { failures, latencyHigh, unreachable } from './store.js';

/** All alerts, in the order of their runbooks. */
export const ALERTS: readonly Alert[] = [
  unreachable,
  failures,
  latencyHigh,
  memoryHigh,
  evictions,
  redisHitRateLow,
  replicationLag,
  cacheHitRateLow,
  staleReads,
  refusalSpike,
  theftSignal,
];

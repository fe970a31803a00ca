import type { CacheSettings } from '../cache/session-cache.js';
import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { withDefaults } from './options-class.js';
import { COUNT, Rule } from './rule.js';

/** The in-process cache. */
export class SessionCacheOptions {
  /**
   * Largest number of cached sessions. The least recently used session is dropped first.
   *
   * @defaultValue 10000
   */
  @Rule({
    expected: 'a whole number from 1 to 1000000',
    accepts: (value) =>
      Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= 1_000_000,
  })
  readonly maxEntries?: number = 10_000;

  /**
   * Approximate upper bound of the memory they take, in bytes. A single session above it is not cached.
   *
   * @defaultValue 33554432 (32 MiB)
   */
  @Rule({
    expected: 'a whole number of bytes from 16384 on',
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 16_384,
  })
  readonly maxBytes?: number = 32 * 1024 * 1024;

  /**
   * Longest delay until a change by another process takes effect here if a connection breaks or stalls. Normally it
   * takes milliseconds. A heartbeat queries Redis three times in this span; a shorter span bypasses the cache more often
   * on a busy machine.
   *
   * @defaultValue '1s'
   */
  @Rule({
    expected: "a length of time from '100ms' to '1m'",
    accepts: (value) => {
      const ms = toMs(value);
      return ms !== null && ms >= 100 && ms <= 60_000;
    },
  })
  readonly staleness?: Duration = '1s';

  /**
   * Compares one hit in so many with Redis, and counts those that were stale. The request does not wait for it.
   *
   * @defaultValue none, or one in 1,000 with the option `telemetry`
   */
  @Rule({
    ...COUNT,
    remedy: 'Leave it out to compare one in 1,000 with the option "telemetry", otherwise none.',
  })
  readonly verifyEvery?: number;
}

const VERIFIED_WITH_TELEMETRY = 1_000;

/** Fills in the defaults; `null` without a cache. */
export function resolveCache(
  given: boolean | SessionCacheOptions = false,
  hasTelemetry = false,
): CacheSettings | null {
  if (given === false) return null;
  const options = given === true ? {} : given;
  const { staleness, maxEntries, maxBytes, verifyEvery } = withDefaults<SessionCacheOptions, 'verifyEvery'>(
    SessionCacheOptions,
    options,
  );
  return Object.freeze({
    maxEntries,
    maxBytes,
    stalenessMs: toMs(staleness) as number,
    verifyEvery: verifyEvery ?? (hasTelemetry ? VERIFIED_WITH_TELEMETRY : null),
  });
}

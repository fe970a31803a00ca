import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { Rule } from './rule.js';

/** The in-process cache. */
export class SessionCacheOptions {
  /**
   * How many sessions are kept at most. The one that was used longest ago goes first.
   *
   * @defaultValue 10000
   */
  @Rule({
    expected: 'a whole number from 1 to 1000000',
    accepts: (value) =>
      Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= 1_000_000,
    remedy: 'Leave it out for 10000.',
  })
  readonly maxEntries?: number;

  /**
   * About how much memory they take at most, in bytes. A session that is larger by itself is not kept.
   *
   * @defaultValue 33554432 (32 MiB)
   */
  @Rule({
    expected: 'a whole number of bytes from 16384 on',
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 16_384,
    remedy: 'Leave it out for 32 MiB.',
  })
  readonly maxBytes?: number;

  /**
   * How late a change by another process may be known here at most, when a connection is cut or goes silent. As long
   * as all is well, it is known within milliseconds. Three times in this span a heartbeat asks Redis; a shorter span
   * bypasses the cache more often on a busy machine.
   *
   * @defaultValue '1s'
   */
  @Rule({
    expected: "a length of time from '100ms' to '1m'",
    accepts: (value) => {
      const ms = toMs(value);
      return ms !== null && ms >= 100 && ms <= 60_000;
    },
    remedy: "Leave it out for '1s'.",
  })
  readonly staleness?: Duration;
}

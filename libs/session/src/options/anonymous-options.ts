import type { AnonymousPolicy } from '../core/runtime/runtime.js';
import type { SizeLimits } from '../core/record/size.js';
import type { TimeoutPolicy, TimeoutSource } from '../core/runtime/timeout-policy.js';
import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { CLOCK } from './duration-rule.js';
import { withDefaults } from './options-class.js';
import type { Problems } from './problems.js';
import { COUNT, Rule } from './rule.js';

/** Timeouts and size of an anonymous session, of which any client can start as many as it likes. */
export class SessionAnonymousOptions {
  /**
   * Idle timeout until a user signs in.
   *
   * @defaultValue '15m', or the option `idle` if that is less
   */
  @Rule(CLOCK)
  readonly idle?: Duration = '15m';

  /**
   * Absolute timeout until a user signs in.
   *
   * @defaultValue '4h', or the option `absolute` if that is less
   */
  @Rule(CLOCK)
  readonly absolute?: Duration = '4h';

  /**
   * Largest size of the application's fields in bytes, with their names, until a user signs in. A larger write is
   * rejected and changes nothing.
   *
   * @defaultValue 8192, or the option `size.max` if that is less
   */
  @Rule(COUNT)
  readonly maxBytes?: number = 8_192;
}

/**
 * Fills in the defaults.
 *
 * @param users the timeouts of users, and
 * @param size the size of their sessions, neither of which a default exceeds
 */
export function resolveAnonymous(
  problems: Problems,
  given: SessionAnonymousOptions = {},
  users: TimeoutPolicy,
  size: SizeLimits,
): AnonymousPolicy {
  const { idle, absolute, maxBytes } = withDefaults(SessionAnonymousOptions, given);
  const absoluteMs = given.absolute === undefined ? atMost(ms(absolute), users.absoluteMs) : ms(absolute);
  const idleMs = given.idle === undefined ? atMost(ms(idle), users.idleMs) : ms(idle);
  const longestIdleMs = typeof absoluteMs === 'number' ? absoluteMs : Infinity;
  checkIdle(problems, given, longestIdleMs);
  if (given.maxBytes !== undefined && maxBytes > size.maxBytes && !problems.concern('size.max')) {
    problems.add(
      'anonymous.maxBytes',
      `expected at most "size.max" (${size.maxBytes}), received ${maxBytes}. Lower it, or raise "size.max".`,
    );
  }
  return Object.freeze({
    timeouts: Object.freeze({ idleMs: atMost(longestIdleMs, idleMs), absoluteMs }),
    maxBytes: given.maxBytes ?? Math.min(size.maxBytes, maxBytes),
  });
}

function checkIdle(problems: Problems, { idle }: SessionAnonymousOptions, longestIdleMs: number): void {
  if (idle === undefined || ms(idle) <= longestIdleMs) return;
  if (problems.concern('anonymous.absolute')) return;
  problems.add(
    'anonymous.idle',
    `expected at most the absolute timeout of an anonymous session (${longestIdleMs} ms), ` +
      `received ${ms(idle)} ms. Shorten "anonymous.idle" or lengthen "anonymous.absolute".`,
  );
}

/** Returns a timeout that never exceeds `longestMs`. */
function atMost(longestMs: number, source: TimeoutSource): TimeoutSource {
  if (typeof source === 'number') return Math.min(longestMs, source);
  return async (question) => Math.min(longestMs, await source(question));
}

function ms(duration: Duration): number {
  return toMs(duration) as number;
}

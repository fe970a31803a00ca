import type { LimitPolicy, SessionMax } from '../core/runtime/limit.js';
import { SAFETY_BOUND } from '../core/runtime/limit.js';
import type { OnExceed } from '../core/store/store.js';
import { isCount, isFunction, isOneOf, Rule } from './rule.js';

/** The values of `onExceed`, in words and as a check. */
export const ON_EXCEED = "'evict-oldest', 'evict-idlest' or 'reject'";
export const isOnExceed = isOneOf('evict-oldest', 'evict-idlest', 'reject') as (
  value: unknown,
) => value is OnExceed;

/** Limit on concurrent sessions of one user. */
export class SessionLimitOptions implements LimitPolicy {
  /**
   * Number of sessions a user may have at once: a number, `Infinity` for no limit, or a function of the user who signs
   * in. A lower limit takes effect at the user's next sign-in.
   */
  @Rule({
    expected: 'a whole number of 1 or more, Infinity, or a function of the user',
    accepts: (value) => isFunction(value) || value === Infinity || isCount(value),
    remedy: 'Leave "limit" out for the bound of 1,000.',
    isRequired: true,
  })
  readonly max!: SessionMax;

  /**
   * Effect of a sign-in beyond the limit: end the session that signed in first (`'evict-oldest'`), end the session that
   * was idle longest (`'evict-idlest'`), or fail with a `SessionLimitError` (`'reject'`, HTTP 409). If a user has more
   * than a hundred sessions, `'evict-idlest'` considers the hundred that would end first.
   */
  @Rule({
    expected: ON_EXCEED,
    accepts: isOnExceed,
    remedy: "'evict-oldest' surprises least.",
    isRequired: true,
  })
  readonly onExceed!: OnExceed;
}

/** Returns the limit in force: the given one, or the safety bound. */
export function resolveLimit(given: SessionLimitOptions | undefined): LimitPolicy {
  return given ? Object.freeze({ ...given }) : SAFETY_BOUND;
}

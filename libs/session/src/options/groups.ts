import type { LimitPolicy, SessionMax } from '../core/limit.js';
import type { OnExceed } from '../core/store.js';
import type { UserIdOfSerialized } from '../passport/passport.principal.js';
import type { Duration } from './duration.js';
import { CLOCK, WAIT } from './duration.rule.js';
import { isCount, isFunction, isOneOf, Rule } from './rule.js';

/** What the values of `onExceed` are, in words and as a check. */
export const ON_EXCEED = "'evict-oldest', 'evict-idlest' or 'reject'";
export const isOnExceed = isOneOf('evict-oldest', 'evict-idlest', 'reject') as (
  value: unknown,
) => value is OnExceed;

/** The limit on concurrent sessions of one user. */
export class SessionLimitOptions implements LimitPolicy {
  /**
   * How many sessions a user may have at once: a number, `Infinity` for no bound at all, or a function of the user who
   * signs in. A limit that is lowered takes effect at the next sign-in.
   */
  @Rule({
    expected: 'a whole number of 1 or more, Infinity, or a function of the user',
    accepts: (value) => isFunction(value) || value === Infinity || isCount(value),
    remedy: 'Leave "limit" out for the bound of 1,000.',
  })
  readonly max!: SessionMax;

  /**
   * What a sign-in beyond the limit does: end the session that signed in first (`'evict-oldest'`), end the one that
   * was idle longest (`'evict-idlest'`), or fail with a `SessionLimitError` (`'reject'`, HTTP 409). Of a user with more
   * than a hundred sessions, `'evict-idlest'` looks at the hundred that would end first.
   */
  @Rule({
    expected: ON_EXCEED,
    accepts: isOnExceed,
    remedy: "'evict-oldest' surprises least.",
  })
  readonly onExceed!: OnExceed;
}

/** What is different for a session that nobody is signed in to. */
export class SessionAnonymousOptions {
  /**
   * The idle timeout until somebody signs in.
   *
   * @defaultValue '15m', or the option `idle` where that is less
   */
  @Rule({ ...CLOCK, remedy: "Leave it out for '15m'." })
  readonly idle?: Duration;

  /**
   * The absolute timeout until somebody signs in.
   *
   * @defaultValue '4h', or the option `absolute` where that is less
   */
  @Rule({ ...CLOCK, remedy: "Leave it out for '4h'." })
  readonly absolute?: Duration;

  /**
   * How many bytes the application's fields may take until somebody signs in, with their names. A write beyond is
   * refused and changes nothing.
   *
   * @defaultValue 8192, or the option `maxBytes` where that is less
   */
  @Rule({ expected: 'a whole number of 1 or more', accepts: isCount, remedy: 'Leave it out for 8192.' })
  readonly maxBytes?: number;
}

/** How well the end of a session is kept when Redis fails over. */
export class SessionDurabilityOptions {
  /** How many replicas must have it. */
  @Rule({
    expected: 'a whole number of 1 or more',
    accepts: isCount,
    remedy: 'No more than there are replicas.',
  })
  readonly replicas!: number;

  /**
   * How long to wait for them, within `deadline`. Too few in time is told by a `not-replicated` event; the session has
   * ended on the master all the same.
   *
   * @defaultValue '100ms'
   */
  @Rule({ ...WAIT, remedy: "Leave it out for '100ms'." })
  readonly timeout?: Duration;
}

/** How passport's view of a user maps to ours. */
export interface SessionPassportOptions {
  /**
   * Finds the user's id in what the application's passport serializer gives.
   *
   * @defaultValue the value itself when it is a text or a number, else its `id`
   */
  readonly userId: UserIdOfSerialized;
}

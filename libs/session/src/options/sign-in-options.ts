import type { OnExceed } from '../core/store.js';
import { isOnExceed, ON_EXCEED } from './limit-options.js';
import { BOOLEAN, Rule } from './rule.js';
import { ABSOLUTE, type AbsoluteTimeout, IDLE, type IdleTimeout } from './timeouts.js';

const isInstant = (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime());

/**
 * What a sign-in may decide for itself. What of `idle`, `absolute` and `persistent` it leaves out is as the session has
 * it that the same user signs in to again, as for a step-up or a new password; for any other sign-in it is as the options
 * of the module say.
 */
export class SignInOptions {
  /** The idle timeout of this session. No activity changes it then. */
  @Rule({ ...IDLE, remedy: 'Leave it out for the timeout of the session, or of the module.' })
  readonly idle?: IdleTimeout;

  /**
   * The absolute timeout of this session, or the point in time at which it ends. A further sign-in of the same user begins
   * the timeout anew; it does not move the point in time.
   */
  @Rule({
    ...ABSOLUTE,
    expected: `${ABSOLUTE.expected}, or a Date`,
    accepts: (value) => isInstant(value) || ABSOLUTE.accepts(value),
    remedy: 'Leave it out for the timeout of the session, or of the module.',
  })
  readonly absolute?: AbsoluteTimeout | Date;

  /** Whether the cookie outlives the browser: "keep me signed in". */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out for what the session has, or the module says.' })
  readonly persistent?: boolean;

  /** Whether what an anonymous visitor left in the session stays. */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out for what the module says.' })
  readonly keepData?: boolean;

  /** The label of the device, in place of what the request tells. */
  @Rule({
    expected: 'a text',
    accepts: (value) => typeof value === 'string',
    remedy: 'Leave it out for what the request tells.',
  })
  readonly device?: string;

  /**
   * What this sign-in does beyond the limit, in place of `limit.onExceed`: for a user who was refused with the list of
   * sessions and says "sign in all the same". Without the option `limit` it means
   * nothing.
   */
  @Rule({ expected: ON_EXCEED, accepts: isOnExceed, remedy: 'Leave it out for that of the limit.' })
  readonly onExceed?: OnExceed;
}

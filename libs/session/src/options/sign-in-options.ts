import type { OnExceed } from '../core/store/store.js';
import { isOnExceed, ON_EXCEED } from './limit-options.js';
import { BOOLEAN, Rule } from './rule.js';
import { ABSOLUTE, type AbsoluteTimeout, IDLE, type IdleTimeout } from './timeouts.js';

const isInstant = (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime());

/**
 * Overrides of the module's options for one sign-in. If `idle`, `absolute` or `persistent` is left out, a further sign-in
 * of the session's user, such as a step-up or a new password, keeps the session's own value; any other sign-in takes the
 * module's.
 */
export class SignInOptions {
  /** Idle timeout of this session. Activity does not change it. */
  @Rule({ ...IDLE, remedy: 'Leave it out for the timeout of the session, or of the module.' })
  readonly idle?: IdleTimeout;

  /**
   * Absolute timeout of this session, or the point in time at which it ends. A further sign-in of the same user restarts
   * the timeout; it does not move the point in time.
   */
  @Rule({
    ...ABSOLUTE,
    expected: `${ABSOLUTE.expected}, or a Date`,
    accepts: (value) => isInstant(value) || ABSOLUTE.accepts(value),
    remedy: 'Leave it out for the timeout of the session, or of the module.',
  })
  readonly absolute?: AbsoluteTimeout | Date;

  /** True if the cookie outlives the browser: "keep me signed in". */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out for the setting of the session, or of the module.' })
  readonly persistent?: boolean;

  /** True if the fields that an anonymous visitor left in the session are kept. */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out for the setting of the module.' })
  readonly keepData?: boolean;

  /** Name of the device, in place of the one that the request's headers give. */
  @Rule({
    expected: 'a text',
    accepts: (value) => typeof value === 'string',
    remedy: 'Leave it out for the name that the request gives.',
  })
  readonly device?: string;

  /**
   * Effect of this sign-in beyond the limit, in place of `limit.onExceed`: for a user who was refused with the list of
   * sessions and chooses to sign in anyway. It has no effect without the option `limit`.
   */
  @Rule({ expected: ON_EXCEED, accepts: isOnExceed, remedy: 'Leave it out for that of the limit.' })
  readonly onExceed?: OnExceed;
}

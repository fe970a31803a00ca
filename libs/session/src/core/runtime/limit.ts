import { SessionOptionsError } from '../errors/errors.js';
import type { OnExceed, SignInIntent } from '../store/store.js';
import type { SessionUser } from './user.js';
import { shown } from '../errors/shown.js';

/**
 * Maximum number of concurrent sessions of a user: a number for all users, or a function of the user. `Infinity` allows any
 * number. The function receives the user as the application passed it to `signIn()`, and for a sign-in by passport's own
 * `logIn()` the `id` alone.
 */
export type SessionMax = number | ((user: SessionUser) => number | Promise<number>);

/** The limit on concurrent sessions of one user. */
export interface LimitPolicy {
  readonly max: SessionMax;
  readonly onExceed: OnExceed;
  /** True for the bound that applies if the application has set no limit. */
  readonly isSafetyBound?: boolean;
}

/**
 * The bound that applies without a limit: larger than the number of any user's devices, and small enough that one account,
 * or a script that signs in and never out, does not fill the store.
 */
export const SAFETY_BOUND: LimitPolicy = Object.freeze({
  max: 1_000,
  onExceed: 'evict-oldest',
  isSafetyBound: true,
});

/**
 * Returns the limit for a user.
 *
 * @param onExceed the policy of this sign-in, instead of the limit's. Does not apply to the safety bound
 */
export async function limitFor(
  policy: LimitPolicy,
  user: SessionUser,
  onExceed: OnExceed = policy.onExceed,
): Promise<SignInIntent['limit']> {
  const max = typeof policy.max === 'function' ? await policy.max(user) : policy.max;
  const what = policy.isSafetyBound ? policy.onExceed : onExceed;
  if (max === Infinity) return { max: null, onExceed: what };
  if (Number.isSafeInteger(max) && max >= 1) return { max, onExceed: what };
  throw new SessionOptionsError(
    `limit.max must give a whole number of 1 or more, or Infinity, but gave ${shown(max)} for user ` +
      `"${shown(user.id)}". To reject all sign-ins, check before calling signIn().`,
  );
}

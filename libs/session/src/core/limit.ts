import { SessionOptionsError } from './errors.js';
import type { OnExceed, SignInIntent } from './store.js';
import type { SessionUser } from './user.js';
import { shown } from './shown.js';

/**
 * How many sessions a user may have at once: for everybody, or for each. `Infinity`: any number. A function gets the
 * user as the application gave it to `signIn()`; of one who signs in through passport's own `logIn()` only the `id`.
 */
export type SessionMax = number | ((user: SessionUser) => number | Promise<number>);

/** The limit on concurrent sessions of one user. */
export interface LimitPolicy {
  readonly max: SessionMax;
  readonly onExceed: OnExceed;
  /** Whether this is the bound that holds where the application has set no limit. */
  readonly isSafetyBound?: boolean;
}

/**
 * What holds without a limit: more sessions than anybody has devices, and few enough that one account, or a script that
 * signs in and never out, does not fill the store.
 */
export const SAFETY_BOUND: LimitPolicy = Object.freeze({
  max: 1_000,
  onExceed: 'evict-oldest',
  isSafetyBound: true,
});

/**
 * The limit for a user.
 *
 * @param onExceed what this sign-in does beyond it, where the policy shall not say. The safety bound is no limit that an
 * application could refuse by
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
      `"${shown(user.id)}". To let nobody sign in, refuse before the sign-in.`,
  );
}

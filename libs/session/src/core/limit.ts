import { SessionOptionsError } from './errors.js';
import type { OnExceed } from './store.js';
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
}

/** The limit for a user; `null`: none. */
export async function limitFor(policy: LimitPolicy, user: SessionUser): Promise<number | null> {
  const max = typeof policy.max === 'function' ? await policy.max(user) : policy.max;
  if (max === Infinity) return null;
  if (Number.isSafeInteger(max) && max >= 1) return max;
  throw new SessionOptionsError(
    `limit.max must give a whole number of 1 or more, or Infinity, but gave ${shown(max)} for user ` +
      `"${shown(user.id)}". To let nobody sign in, refuse before the sign-in.`,
  );
}

import type { OnExceed } from './core/store.js';
import type { Duration } from './options/duration.js';

/** What a sign-in may decide for itself. */
export interface SignInOptions {
  /** The idle timeout of this session. */
  readonly idle?: Duration;
  /** The absolute timeout of this session. */
  readonly absolute?: Duration;
  /** Whether the cookie outlives the browser: "keep me signed in". */
  readonly persistent?: boolean;
  /** Whether what an anonymous visitor left in the session stays. */
  readonly keepData?: boolean;
  /** The label of the device, in place of what the request tells. */
  readonly device?: string;
  /**
   * What this sign-in does beyond the limit, in place of `limit.onExceed`: for a user who was refused with the list of
   * sessions and says "sign in all the same". Without the option `limit` it means
   * nothing.
   */
  readonly onExceed?: OnExceed;
}

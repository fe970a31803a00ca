/** The two timeouts of a session, in milliseconds. */
export interface Timeouts {
  /** Inactivity after which a session ends; {@link NO_IDLE_MS} for none. Every recorded activity restarts it. */
  readonly idleMs: number;
  /** Age after which a session ends regardless of activity. Only a further sign-in restarts it. */
  readonly absoluteMs: number;
}

/** The idle timeout of a session that has none: it lives until its absolute end. */
export const NO_IDLE_MS = Number.MAX_SAFE_INTEGER;

/** Browsers keep no cookie longer. Source: RFC 6265bis, "Cookie Lifetime Limits". */
const MAX_COOKIE_AGE_MS = 400 * 24 * 60 * 60_000;

/** Returns the conflicts between the two timeouts of a session and its cookie, by option. */
export function timeoutProblems(
  { idleMs, absoluteMs }: Timeouts,
  isPersistent: boolean,
): { readonly option: 'idle' | 'absolute'; readonly problem: string }[] {
  const problems: { option: 'idle' | 'absolute'; problem: string }[] = [];
  if (idleMs !== NO_IDLE_MS && idleMs > absoluteMs) {
    problems.push({
      option: 'idle',
      problem:
        `expected at most the absolute timeout (${absoluteMs} ms), received ${idleMs} ms. ` +
        'Shorten "idle" or lengthen "absolute".',
    });
  }
  if (isPersistent && absoluteMs > MAX_COOKIE_AGE_MS) {
    problems.push({
      option: 'absolute',
      problem:
        'expected at most 400 days for a persistent cookie, which is when browsers forget it, ' +
        `received ${absoluteMs} ms. Shorten "absolute", or make the cookie end with the browser.`,
    });
  }
  return problems;
}

/**
 * A session is touched when its last touch is older than this share of its idle timeout. So a busy session costs
 * ten writes per idle timeout instead of one per request.
 */
const TOUCH_SHARE = 0.1;

/**
 * A session without an idle timeout is touched too, because a touch ends a session that is missing in its user's index, and
 * calls the function that may return another timeout.
 */
const TOUCH_WITHOUT_IDLE_MS = 60 * 60_000;

/** Returns the time since the last touch from which activity is recorded, in milliseconds. */
export function touchDueAfterMs(idleMs: number): number {
  return idleMs === NO_IDLE_MS ? TOUCH_WITHOUT_IDLE_MS : Math.floor(idleMs * TOUCH_SHARE);
}

/**
 * Returns the time for which a store keeps an untouched session, in milliseconds: the idle timeout, and the activity that
 * may pass unrecorded between two touches, so that no user is signed out early.
 */
export function idleWindowMs(idleMs: number): number {
  return idleMs + touchDueAfterMs(idleMs);
}

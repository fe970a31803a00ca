import type { Timeouts } from '../core/expiry.js';
import type { Problems } from './problems.js';

/** Browsers keep no cookie longer. Source: RFC 6265bis, "Cookie Lifetime Limits". */
const MAX_COOKIE_AGE_MS = 400 * 24 * 60 * 60_000;

/** Checks what the two clocks of a session are to each other and to its cookie. */
export function checkTimeouts(
  problems: Problems,
  { idleMs, absoluteMs }: Timeouts,
  isPersistent: boolean,
): void {
  if (idleMs > absoluteMs && !problems.concern('idle', 'absolute')) {
    problems.add(
      'idle',
      `expected at most the absolute timeout (${absoluteMs} ms), received ${idleMs} ms. ` +
        'Shorten "idle" or lengthen "absolute".',
    );
  }
  if (isPersistent && absoluteMs > MAX_COOKIE_AGE_MS && !problems.concern('absolute')) {
    problems.add(
      'absolute',
      'expected at most 400 days for a persistent cookie, which is when browsers forget it, ' +
        `received ${absoluteMs} ms. Shorten "absolute", or make the cookie end with the browser.`,
    );
  }
}

import { timeoutProblems } from '../core/record/expiry.js';
import type { TimeoutPolicy } from '../core/runtime/timeout-policy.js';
import type { Problems } from './problems.js';

/**
 * Checks the two timeouts of a session against each other and against the cookie. The results of functions are checked
 * when the functions return.
 */
export function checkTimeouts(
  problems: Problems,
  { idleMs, absoluteMs }: TimeoutPolicy,
  isPersistent: boolean,
): void {
  if (typeof absoluteMs !== 'number') return;
  const known = { idleMs: typeof idleMs === 'number' ? idleMs : 0, absoluteMs };
  for (const { option, problem } of timeoutProblems(known, isPersistent)) {
    const concerned = option === 'idle' ? ['idle', 'absolute'] : ['absolute'];
    if (!problems.concern(...concerned)) problems.add(option, problem);
  }
}

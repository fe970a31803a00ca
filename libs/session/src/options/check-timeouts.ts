import { timeoutProblems } from '../core/expiry.js';
import type { TimeoutPolicy } from '../core/timeout-policy.js';
import type { Problems } from './problems.js';

/**
 * Checks what the two clocks of a session are to each other and to its cookie. What functions give is checked when they
 * have given it.
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

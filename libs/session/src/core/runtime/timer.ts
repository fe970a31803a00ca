/** The longest time that a timer of Node.js takes. It lets a longer one come due at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Returns a length of time as a timer takes it: at most 24.8 days. */
export function timerMs(ms: number): number {
  return Math.min(ms, LONGEST_TIMER_MS);
}

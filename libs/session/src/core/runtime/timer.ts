/** Maximum delay of a Node.js timer. A timer with a longer delay fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Returns the delay, limited to the maximum of a timer (24.8 days). */
export function timerMs(ms: number): number {
  return Math.min(ms, LONGEST_TIMER_MS);
}

/** Source of the time. Injected, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
}

/** The system clock, which can be set at any time. For times that are displayed or logged. */
export const systemClock: Clock = { now: () => Date.now() };

/**
 * A monotonic clock: the start time of the process by the system clock, plus the time since. Setting the system clock does
 * not change it, so no session ends early or late because of that.
 */
export const steadyClock: Clock = { now: () => Math.floor(performance.timeOrigin + performance.now()) };

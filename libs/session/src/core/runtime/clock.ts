/** Source of the time. Injected, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
}

/** The clock of this machine, which may be set to anything at any time. For what is shown and logged. */
export const systemClock: Clock = { now: () => Date.now() };

/**
 * The time since the process began, added to what the machine's clock said then. It runs on evenly when that clock is
 * set, so nothing ends early or late by it.
 */
export const steadyClock: Clock = { now: () => Math.floor(performance.timeOrigin + performance.now()) };

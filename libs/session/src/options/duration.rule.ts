import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { received } from './rule.js';

/** What an option that is a length of time must be. */
export interface DurationRule {
  /** Completes the sentence "expected …". */
  readonly expected: string;
  accepts(value: unknown): boolean;
  /** Asks what a value was meant to be, where its unit seems to have been forgotten. */
  readonly hint: (value: unknown) => string | null;
}

const EXPECTED = "a positive length of time, such as '30m' or 1800000 (milliseconds)";

/** How short clocks of a session are without a unit: shorter is a unit that was forgotten. */
const SHORTEST_CLOCK_MS = 1_000;

/**
 * The rule of a length of time.
 *
 * @param leastMs a number below is refused, because its unit seems to have been forgotten: `30` is hardly 30 ms. With
 * its unit, `'30ms'`, the same length is accepted
 */
export function durationRule(leastMs: number): DurationRule {
  return {
    expected: EXPECTED,
    accepts: (value) => toMs(value) !== null && !lacksUnit(value, leastMs),
    hint: (value) => hintFor(value, leastMs),
  };
}

/** The rule of a clock of a session, and of what is counted in seconds or more. */
export const CLOCK = durationRule(SHORTEST_CLOCK_MS);

/** The rule of a wait for Redis, which is counted in tenths of a second. */
export const WAIT = durationRule(10);

/**
 * A length of time that has been given to a method or a decorator, in milliseconds.
 *
 * @param fail makes the error of a sentence that says what was expected and what was received
 */
export function checkedMs(
  duration: Duration | undefined,
  rule: DurationRule,
  fail: (sentence: string) => Error,
): number {
  const ms = toMs(duration);
  if (ms !== null && rule.accepts(duration)) return ms;
  const hint = rule.hint(duration);
  throw fail(`expected ${rule.expected}, received ${received(duration)}.${hint ? ` ${hint}` : ''}`);
}

/** Asks what an accepted length of time without a unit was meant to be; `null`: there is no doubt. */
export function doubtUnit(name: string, value: unknown, leastMs: number): string | null {
  const hint = hintFor(value, leastMs);
  return hint && `The option "${name}" is ${received(value)}. ${hint}`;
}

/** A number, or a text of digits alone, as variables of the environment are. */
function digitsOf(value: unknown): string | null {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  return /^\d+(\.\d+)?$/.test(text) ? text : null;
}

function lacksUnit(value: unknown, leastMs: number): boolean {
  const digits = digitsOf(value);
  return digits !== null && Number(digits) > 0 && Number(digits) < leastMs;
}

function hintFor(value: unknown, leastMs: number): string | null {
  if (!lacksUnit(value, leastMs)) return null;
  const digits = digitsOf(value) as string;
  return `Without a unit that is ${digits} ms. Did you mean '${digits}s' or '${digits}m'? Else write '${digits}ms'.`;
}

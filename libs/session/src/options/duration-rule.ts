import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { received } from './rule.js';

/** The rule of an option that is a length of time. */
export interface DurationRule {
  /** Completes the sentence "expected …". */
  readonly expected: string;
  accepts(value: unknown): boolean;
  /** Asks which value was meant, if the unit seems to be missing. */
  readonly hint: (value: unknown) => string | null;
}

const EXPECTED = "a positive length of time, such as '30m' or 1800000 (milliseconds)";

/** Shortest timeout that is accepted without a unit. Below it, the unit was probably forgotten. */
const SHORTEST_CLOCK_MS = 1_000;

/**
 * Creates the rule of a length of time.
 *
 * @param leastMs a number below is refused, because the unit was probably forgotten: `30` is hardly 30 ms. With its unit,
 * `'30ms'`, the same length is accepted
 */
export function durationRule(leastMs: number): DurationRule {
  return {
    expected: EXPECTED,
    accepts: (value) => toMs(value) !== null && !lacksUnit(value, leastMs),
    hint: (value) => hintFor(value, leastMs),
  };
}

/** The rule of a session's timeout, and of other lengths of a second or more. */
export const CLOCK = durationRule(SHORTEST_CLOCK_MS);

/** The rule of a wait for Redis, which is a fraction of a second. */
export const WAIT = durationRule(10);

/**
 * Returns the length of time that a method or a decorator was called with, in milliseconds.
 *
 * @param fail creates the error from a sentence that says what was expected and what was received
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

/** Returns a warning about an accepted length of time without a unit; `null`: the length is unambiguous. */
export function unitWarning(name: string, value: unknown, leastMs: number): string | null {
  const hint = hintFor(value, leastMs);
  return hint && `The option "${name}" is ${received(value)}. ${hint}`;
}

/** Returns a number, or a text of digits only, as in an environment variable. */
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

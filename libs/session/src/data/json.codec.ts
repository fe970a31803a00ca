import { parse } from 'secure-json-parse';
import { SessionValueError } from '../core/errors.js';
import type { FieldCodec } from '../core/field-codec.js';
import { asJson } from './as-json.js';
import { MAX_DEPTH, problemIn, refused } from './json.problems.js';
import { shown, shownSentence } from '../core/shown.js';

/**
 * What bytes that are no UTF-8 are read as. It is stored in its escaped form, so where it stands plainly, it is damage.
 */
const REPLACEMENT = '\uFFFD';
const ESCAPED_REPLACEMENT = '\\ufffd';

/** Damage, what may spell the name of a forbidden key, and numbers that may be too large. */
const SUSPICIOUS = /[\uFEFF\uFFFD]|\\u|proto|constructor|\d[eE]/;

/** What happens to values that JSON changes or loses: stored as JSON has them, or refused. */
export type ValuePolicy = 'json' | 'strict';

/**
 * Values as JSON.
 *
 * @param policy `'strict'` refuses what JSON would change or lose on the way, with the place where it is and what to do.
 *   `'json'` stores it as `JSON.stringify` does and says so. What JSON cannot carry at all is refused by both
 */
export function jsonCodec(policy: ValuePolicy): FieldCodec {
  return {
    encode(name, value) {
      const problem = readable(name, () => problemIn(value, name));
      if (!problem) return { text: textOf(value), problem };
      if (policy === 'strict') throw refused(problem);
      return { text: textOf(readable(name, () => asJson(value, name))), problem };
    },
    decode,
    isAsIn,
  };
}

function decode(text: string): unknown {
  if (isHarmless(text)) return JSON.parse(text) as unknown;
  if (text.includes(REPLACEMENT)) throw new Error('The text holds bytes that are no UTF-8.');
  const value = parse(text, null, { protoAction: 'error', constructorAction: 'error' }) as unknown;
  // What others wrote and we could not store again would fail the requests that merely read it.
  const problem = problemIn(value, 'value');
  if (problem) throw refused(problem);
  return value;
}

function isAsIn(text: string, value: unknown): boolean {
  try {
    return JSON.stringify(value) === text;
  } catch {
    return false; // and encode says what is wrong with it
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value).replaceAll(REPLACEMENT, ESCAPED_REPLACEMENT);
}

/** Looks into a value, which may run code of others: getters, proxies and `toJSON`. */
function readable<T>(name: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof SessionValueError) throw error;
    throw unreadable(name, error);
  }
}

function unreadable(name: string, cause: unknown): SessionValueError {
  const error = new SessionValueError(
    name,
    `session.${shown(name)} cannot be stored: reading it failed with "${shownSentence(cause instanceof Error ? cause.message : cause)}". ` +
      'Store a plain object with the values that you need.',
  );
  error.cause = cause;
  return error;
}

/** Whether text is so short and plain that nothing of what decoding looks for can be in it: most is. */
function isHarmless(text: string): boolean {
  return text.length < 2 * MAX_DEPTH && !SUSPICIOUS.test(text);
}

import { parse } from 'secure-json-parse';
import { SessionValueError } from '../core/errors/errors.js';
import type { FieldCodec, ValueProblem } from '../core/fields/field-codec.js';
import { asJson } from './as-json.js';
import { MAX_DEPTH, problemIn, refused } from './json.problems.js';
import { shown, shownSentence } from '../core/errors/shown.js';

/**
 * The character that replaces invalid UTF-8. Values store it in its escaped form, so an unescaped one is damage.
 */
const REPLACEMENT = '\uFFFD';
const ESCAPED_REPLACEMENT = '\\ufffd';

/** Damage, possible spellings of forbidden keys, and numbers that may be too large. */
const SUSPICIOUS = /[\uFEFF\uFFFD]|\\u|proto|constructor|\d[eE]/;

/** Policy for values that JSON changes or loses: store them as JSON would, or refuse them. */
export type ValuePolicy = 'json' | 'strict';

/**
 * Creates a codec that stores values as JSON.
 *
 * @param policy `'strict'` refuses values that JSON would change or lose, with their path and a remedy. `'json'` stores them
 *   as `JSON.stringify` does and reports the change. Both refuse values that JSON cannot represent at all
 */
export function jsonCodec(policy: ValuePolicy): FieldCodec {
  return {
    encode(name, value) {
      const problem = problemWith(name, value);
      if (!problem) return { text: textOf(value), problem };
      if (policy === 'strict') throw refused(problem);
      return { text: textOf(convert(name, value)), problem };
    },
    decode,
    isAsIn,
  };
}

function decode(text: string): unknown {
  if (isHarmless(text)) return JSON.parse(text) as unknown;
  if (text.includes(REPLACEMENT)) throw new Error('The text contains invalid UTF-8.');
  const value = parse(text, null, { protoAction: 'error', constructorAction: 'error' }) as unknown;
  // A value of another program that cannot be stored again would fail requests that merely read it.
  const problem = problemIn(value, 'value');
  if (problem) throw refused(problem);
  return value;
}

function isAsIn(text: string, value: unknown): boolean {
  try {
    return JSON.stringify(value) === text;
  } catch {
    return false; // `encode` reports the problem
  }
}

function textOf(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes(REPLACEMENT) ? text.replaceAll(REPLACEMENT, ESCAPED_REPLACEMENT) : text;
}

/** Returns the first problem of a field's value. Reading a value may run foreign code: getters and proxies. */
function problemWith(name: string, value: unknown): ValueProblem | null {
  try {
    return problemIn(value, name);
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** Returns a copy of a field's value in the form that JSON stores, which may run its `toJSON`. */
function convert(name: string, value: unknown): unknown {
  try {
    return asJson(value, name);
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(name: string, cause: unknown): SessionValueError {
  if (cause instanceof SessionValueError) return cause;
  const error = new SessionValueError(
    name,
    `session.${shown(name)} cannot be stored: reading it failed with "${shownSentence(cause instanceof Error ? cause.message : cause)}". ` +
      'Store a plain object with the values that you need.',
  );
  error.cause = cause;
  return error;
}

/** Recognizes text so short and plain that it needs no further checks, as most text is. */
function isHarmless(text: string): boolean {
  return text.length < 2 * MAX_DEPTH && !SUSPICIOUS.test(text);
}

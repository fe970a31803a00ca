import { ValidateBy } from 'class-validator';
import { shown } from '../core/shown.js';

/** What one option must be. */
export interface OptionRule {
  /** Completes the sentence "expected …". */
  readonly expected: string;
  /** What to do about a wrong value, as a sentence. */
  readonly remedy: string;
  /** Whether a value may be shown in a message. */
  readonly isSecret?: boolean;
  accepts(value: unknown): boolean;
  /** Asks what a wrong value was meant to be, where it can be guessed. */
  hint?(value: unknown): string | null;
}

/** A class-validator decorator whose message says what was expected, what came and what to do. */
export function Rule(rule: OptionRule): PropertyDecorator {
  return ValidateBy({
    name: 'option',
    validator: {
      validate: (value) => value === undefined || rule.accepts(value),
      defaultMessage: (args) => describe(rule, args?.value),
    },
  });
}

function describe(rule: OptionRule, value: unknown): string {
  const { expected, remedy, isSecret } = rule;
  const question = rule.hint?.(value) ?? null;
  return [
    `expected ${expected}, received ${isSecret ? typeof value : received(value)}.`,
    ...(question === null ? [] : [question]),
    remedy,
  ].join(' ');
}

/** The user and password of a URL, which may have come to the wrong option. */
const CREDENTIALS = /\/\/.*@/s;

/** A value as it is shown in a message: short, and without what is inside. */
export function received(value: unknown): string {
  if (typeof value === 'string') return `"${shown(value.replace(CREDENTIALS, '//…@'))}"`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null)
    return `an object (${shown(Object.keys(value).join(', '))})`;
  return shown(value);
}

/** Whether a value is one of a few. */
export function isOneOf(...allowed: readonly unknown[]): (value: unknown) => boolean {
  return (value) => allowed.includes(value);
}

/** Whether a value is a whole number of 1 or more. */
export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** Whether a value is a function. */
export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** Whether a value is an object other than an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The rule of an option that is on or off. */
export const BOOLEAN = { expected: 'true or false', accepts: isOneOf(true, false) };

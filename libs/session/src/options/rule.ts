import { shown } from '../core/errors/shown.js';
import { type OptionsClass, type OptionRule, rulesOf, setRule } from './options-class.js';

/** Declares what an option must be. The property's initializer is the option's default. */
export function Rule(rule: OptionRule): PropertyDecorator {
  return (prototype, name) => setRule(prototype, name, rule);
}

/** Properties of a rule for a group of options. */
interface GroupRule {
  /** A value of the option, as source code. */
  readonly example: string;
  /** A value other than an object that is accepted, such as `true`, and the words for it. */
  readonly or?: { readonly words: string; accepts(value: unknown): boolean };
}

/** Declares an option that is a group of options, each with a rule of its own in `type`. */
export function Group<T extends object>(type: OptionsClass<T>, rule: GroupRule): PropertyDecorator {
  const { example, or } = rule;
  const members = `{ ${[...rulesOf(type).keys()].join(', ')} }`;
  return Rule({
    expected: or ? `${or.words}, or ${members}` : members,
    accepts: (value) => isObject(value) || (or?.accepts(value) ?? false),
    remedy: `An example: ${example}.`,
    group: type,
  });
}

/** The user and password of a URL, which may have been given to the wrong option. */
const CREDENTIALS = /\/\/.*@/s;

/** Returns a value as messages show it: short, and without the values of an object's properties. */
export function received(value: unknown): string {
  if (typeof value === 'string') return `"${shown(value.replace(CREDENTIALS, '//…@'))}"`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null)
    return `an object (${shown(Object.keys(value).join(', '))})`;
  return shown(value);
}

/** Returns a check for one of a few values. */
export function isOneOf(...allowed: readonly unknown[]): (value: unknown) => boolean {
  return (value) => allowed.includes(value);
}

/** Returns true for a whole number of 1 or more. */
export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** Returns true for a function. */
export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** Returns true for an object other than an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The rule of an option that is on or off. */
export const BOOLEAN = { expected: 'true or false', accepts: isOneOf(true, false) };

/** The rule of a positive whole number. */
export const COUNT = { expected: 'a whole number of 1 or more', accepts: isCount };

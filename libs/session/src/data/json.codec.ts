import { parse } from 'secure-json-parse';
import { SessionValueError } from '../core/errors.js';
import { PROTOTYPE_NAMES } from '../core/field-names.js';
import type { FieldCodec } from '../core/fields.js';

/** Deep enough for any honest value, and far from the depth at which the stack overflows. */
const MAX_DEPTH = 100;

/**
 * What bytes that are no UTF-8 are read as. It is stored in its escaped form, so where it stands plainly, it is damage.
 */
const REPLACEMENT = '\uFFFD';
const ESCAPED_REPLACEMENT = '\\ufffd';

/** Damage, what may spell the name of a forbidden key, and numbers that may be too large. */
const SUSPICIOUS = /[\uFEFF\uFFFD]|\\u|proto|constructor|\d[eE]/;

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(PROTOTYPE_NAMES);

/**
 * Values as JSON. What JSON would change or lose on the way is refused, with the place where it is and what to do:
 * a date that comes back as a text is found out months later, an error today.
 */
export const jsonCodec: FieldCodec = {
  encode(name, value) {
    check(value, name, []);
    return JSON.stringify(value).replaceAll(REPLACEMENT, ESCAPED_REPLACEMENT);
  },
  decode(text) {
    if (isHarmless(text)) return JSON.parse(text) as unknown;
    if (text.includes(REPLACEMENT)) throw new Error('The text holds bytes that are no UTF-8.');
    const value = parse(text, null, { protoAction: 'error', constructorAction: 'error' }) as unknown;
    // What others wrote and we could not store again would fail the requests that merely read it.
    check(value, 'value', []);
    return value;
  },
  isAsIn(text, value) {
    try {
      return JSON.stringify(value) === text;
    } catch {
      return false; // and encode says what is wrong with it
    }
  },
};

/** Whether text is so short and plain that nothing of what decoding looks for can be in it: most is. */
function isHarmless(text: string): boolean {
  return text.length < 2 * MAX_DEPTH && !SUSPICIOUS.test(text);
}

/** @param ancestors the objects that the value is in, to notice a cycle */
function check(value: unknown, path: string, ancestors: readonly object[]): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (Number.isFinite(value)) return;
      throw refused(path, String(value), 'Store null or leave the field out.');
    case 'object':
      if (value !== null) checkObject(value, path, ancestors);
      return;
    case 'undefined':
      throw refused(path, 'undefined', 'Store null, or leave the element out.');
    case 'bigint':
      throw refused(path, 'a BigInt', 'Store it as text: value.toString().');
    default:
      throw refused(path, `a ${typeof value}`, 'Store data only.');
  }
}

function checkObject(value: object, path: string, ancestors: readonly object[]): void {
  if (ancestors.includes(value)) throw refused(path, 'an object that contains itself', 'Store a copy.');
  if (ancestors.length >= MAX_DEPTH) {
    throw refused(path, `nested more than ${MAX_DEPTH} levels deep`, 'Store less.');
  }
  const within = [...ancestors, value];
  if (Array.isArray(value)) checkArray(value, path, within);
  else checkMembers(value, path, within);
}

function checkArray(array: readonly unknown[], path: string, within: readonly object[]): void {
  // Not forEach, which passes over the holes that JSON would fill with null.
  for (let index = 0; index < array.length; index++) check(array[index], `${path}[${index}]`, within);
  if (Object.keys(array).length > array.length) {
    throw refused(path, 'an array with other properties than elements', 'Store [...value].');
  }
}

function checkMembers(object: object, path: string, within: readonly object[]): void {
  if (!isPlain(object)) throw refused(path, `a ${className(object)}`, remedyFor(object));
  if (Object.getOwnPropertySymbols(object).length > 0) {
    throw refused(path, 'an object with a symbol for a key', 'Store it with a text for a key.');
  }
  for (const [key, member] of Object.entries(object)) {
    if (FORBIDDEN_KEYS.has(key)) {
      throw refused(`${path}.${key}`, 'a key that could reach a prototype', 'Store it under another key.');
    }
    // A member that is undefined reads the same as one that is absent.
    if (member !== undefined) check(member, `${path}.${key}`, within);
  }
}

/** Whether an object is a plain one, of this or of another realm. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function className(value: object): string {
  const { constructor } = value as { constructor?: { name?: string } };
  return constructor?.name ?? 'object with a prototype of its own';
}

function remedyFor(value: object): string {
  if (value instanceof Date) return 'Store value.toISOString() or value.getTime().';
  if (value instanceof Map) return 'Store Object.fromEntries(value) or [...value].';
  if (value instanceof Set) return 'Store [...value].';
  return 'Store a plain object, such as { ...value }.';
}

function refused(path: string, received: string, remedy: string): SessionValueError {
  return new SessionValueError(
    path,
    `session.${path} cannot be stored without damage: expected a value that JSON can carry (text, finite number, ` +
      `boolean, null, and plain objects and arrays of these), received ${received}. ${remedy}`,
  );
}

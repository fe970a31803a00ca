import { SessionValueError } from '../core/errors/errors.js';
import { PROTOTYPE_NAMES } from '../core/fields/field-names.js';
import type { ValueProblem } from '../core/fields/field-codec.js';
import { shown } from '../core/errors/shown.js';

/** Deep enough for any legitimate value, and far from the depth at which the stack overflows. */
export const MAX_DEPTH = 100;

const NONE: readonly object[] = [];

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(PROTOTYPE_NAMES);

/**
 * Returns the first problem of a value: a part that JSON would change, lose or fail at. `null`: JSON preserves the value.
 *
 * @param ancestors the objects that contain the value, to detect cycles
 */
export function problemIn(
  value: unknown,
  path: string,
  ancestors: readonly object[] = NONE,
): ValueProblem | null {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return null;
    case 'number':
      if (Number.isFinite(value)) return null;
      return { path, received: String(value), remedy: 'Store null or leave the field out.' };
    case 'object':
      return value && problemInObject(value, path, ancestors);
    case 'undefined':
      return { path, received: 'undefined', remedy: 'Store null, or leave the element out.' };
    case 'bigint':
      return bigint(path);
    default:
      return { path, received: `a ${typeof value}`, remedy: 'Store data only.' };
  }
}

/** Returns the problem that makes JSON fail on an object: a cycle, or too many levels. */
export function problemOfNesting(
  value: object,
  path: string,
  ancestors: readonly object[],
): ValueProblem | null {
  if (ancestors.includes(value)) {
    return { path, received: 'an object that contains itself', remedy: 'Store a copy.' };
  }
  if (ancestors.length < MAX_DEPTH) return null;
  return { path, received: `nested more than ${MAX_DEPTH} levels deep`, remedy: 'Store less.' };
}

/** Returns the problem with the name of a member. */
export function problemOfKey(key: string, path: string): ValueProblem | null {
  if (!FORBIDDEN_KEYS.has(key)) return null;
  return { path, received: 'a key that could reach a prototype', remedy: 'Store it under another key.' };
}

/** Returns the problem of a BigInt. */
export function bigint(path: string): ValueProblem {
  return { path, received: 'a BigInt', remedy: 'Store it as text: value.toString().' };
}

/** Creates the error for a value that cannot be stored. */
export function refused({ path, received, remedy }: ValueProblem): SessionValueError {
  return new SessionValueError(
    path,
    `session.${shown(path)} cannot be stored without damage: expected a value that JSON can carry (text, finite number, ` +
      `boolean, null, and plain objects and arrays of these), received ${shown(received)}. ${remedy}`,
  );
}

function problemInObject(value: object, path: string, ancestors: readonly object[]): ValueProblem | null {
  const problem = problemOfNesting(value, path, ancestors);
  if (problem) return problem;
  const within = [...ancestors, value];
  return Array.isArray(value) ? problemInArray(value, path, within) : problemInMembers(value, path, within);
}

function problemInArray(
  array: readonly unknown[],
  path: string,
  within: readonly object[],
): ValueProblem | null {
  // Not forEach, which skips the holes that JSON would fill with null.
  for (let index = 0; index < array.length; index++) {
    const element = array[index];
    const problem = isScalar(element) ? null : problemIn(element, `${path}[${index}]`, within);
    if (problem) return problem;
  }
  if (Object.keys(array).length <= array.length) return null;
  return { path, received: 'an array with properties besides its elements', remedy: 'Store [...value].' };
}

function problemInMembers(object: object, path: string, within: readonly object[]): ValueProblem | null {
  if (!isPlain(object)) return { path, received: `a ${className(object)}`, remedy: remedyFor(object) };
  if (Object.getOwnPropertySymbols(object).length > 0) {
    return {
      path,
      received: 'an object with a symbol for a key',
      remedy: 'Use a string as the key.',
    };
  }
  for (const key of Object.keys(object)) {
    if (FORBIDDEN_KEYS.has(key)) return problemOfKey(key, `${path}.${key}`);
    const member = (object as Readonly<Record<string, unknown>>)[key];
    // A member that is undefined reads the same as one that is absent.
    if (member === undefined || isScalar(member)) continue;
    const problem = problemIn(member, `${path}.${key}`, within);
    if (problem) return problem;
  }
  return null;
}

/** Returns true for values without parts that JSON preserves. Most values are such, and need no path. */
function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value);
}

/** Recognizes plain objects, of this or of another realm. */
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

import { SessionValueError } from '../errors/errors.js';
import { shown } from '../errors/shown.js';

/** Names on a session object that are not the application's. */
export const METHOD_NAMES = [
  'id',
  'regenerate',
  'destroy',
  'save',
  'reload',
  'touch',
  'increment',
  'update',
  'get',
  'set',
  'options',
  'cookie',
] as const;

/** Names by which a careless merge would reach a prototype. */
export const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'prototype'] as const;

const RESERVED: ReadonlySet<string> = new Set([...METHOD_NAMES, ...PROTOTYPE_NAMES]);

/** Returns true if a field of the application's data must not have this name. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name);
}

/** Returns the error for a write to a reserved name. */
export function reservedNameError(name: string): SessionValueError {
  return new SessionValueError(
    name,
    `session.${shown(name)} cannot be set: the name is reserved. Reserved are ${[...RESERVED].join(', ')}. ` +
      'Store the value under another name.',
  );
}

/** Matches a lone surrogate. The store would replace it by the same character for different names. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws SessionValueError when no field of the application's data can have this name */
export function checkFieldName(name: string): void {
  if (isReservedName(name)) throw reservedNameError(name);
  if (!LONE_SURROGATE.test(name)) return;
  throw new SessionValueError(
    name,
    `session["${shown(name)}"] cannot be stored: expected a name of whole characters, received a lone surrogate. ` +
      'Store the value under another name.',
  );
}

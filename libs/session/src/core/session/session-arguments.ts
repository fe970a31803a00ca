import { SessionUsageError } from '../errors/errors.js';

type Callback = (error?: unknown) => void;

/** The arguments of a call of `session.regenerate()`. */
export interface Regeneration {
  /** Fields that the next, anonymous session starts with; `null` if the session continues under a new token. */
  readonly keep: readonly string[] | null;
  readonly keepData: boolean;
  readonly callback: Callback | undefined;
}

const FORMS = {
  regenerate:
    "nothing, { keepData }, a callback, or names of fields to keep, such as ['cart'], and a callback",
  destroy: 'nothing or a callback',
  save: 'nothing or a callback',
  reload: 'nothing or a callback',
  touch: 'nothing or a callback',
  increment: 'the name of a field and a whole number',
  update: 'the name of a field and a function that gives its next value',
  get: 'the name of a field',
  set: 'the name of a field and a value',
  options: 'an object',
} as const;

/** Name of a method whose arguments are checked. */
export type Method = keyof typeof FORMS;

/**
 * Returns the error for a call with invalid arguments. The call has no other effect, but passes the error on, because
 * middleware that waits for a callback would otherwise wait forever.
 */
export function refusedArguments(method: Method, args: readonly unknown[]): SessionUsageError {
  return new SessionUsageError(
    `session.${method}() expects ${FORMS[method]}, but received ${args.map(kindOf).join(', ')}.`,
  );
}

/** Parses the arguments of `regenerate()`; `null` if they are invalid. */
export function regenerationOf(args: readonly unknown[]): Regeneration | null {
  const [first, second, ...rest] = withoutTrailingUndefined(args);
  if (rest.length > 0) return null;
  if (Array.isArray(first)) {
    const isKnown = first.every((name) => typeof name === 'string') && isCallbackOrNothing(second);
    return isKnown ? { keep: first, keepData: false, callback: second } : null;
  }
  const callback = second ?? first;
  if (isFunction(callback)) {
    const isAlone = second === undefined || first === undefined;
    return isAlone ? { keep: [], keepData: false, callback } : null;
  }
  if (second !== undefined) return null;
  if (first === undefined) return { keep: null, keepData: true, callback: undefined };
  return isRegenerateOptions(first)
    ? { keep: null, keepData: first.keepData ?? true, callback: undefined }
    : null;
}

/** Returns true if the arguments are at most a callback. */
export function isCallbackOnly(args: readonly unknown[]): args is readonly [Callback?] {
  const [first, ...rest] = withoutTrailingUndefined(args);
  return rest.length === 0 && isCallbackOrNothing(first);
}

/** Returns the callback among arguments of any form. */
export function callbackAmong(args: readonly unknown[]): Callback | undefined {
  return args.findLast(isFunction);
}

function isRegenerateOptions(value: unknown): value is { readonly keepData?: boolean } {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(
    ([name, option]) => name === 'keepData' && (option === undefined || typeof option === 'boolean'),
  );
}

function isCallbackOrNothing(value: unknown): value is Callback | undefined {
  return value === undefined || isFunction(value);
}

function isFunction(value: unknown): value is Callback {
  return typeof value === 'function';
}

function withoutTrailingUndefined(args: readonly unknown[]): readonly unknown[] {
  return args.slice(0, args.findLastIndex((argument) => argument !== undefined) + 1);
}

/** Returns the kind of an argument, without its content. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  const type = typeof value;
  return type === 'object' ? 'an object' : `a ${type}`;
}

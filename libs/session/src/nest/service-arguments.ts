import { SessionUsageError } from '../core/errors/errors.js';
import { userIdOf } from '../core/runtime/user.js';
import { isObject, received } from '../options/rule.js';
import { shown } from '../core/errors/shown.js';

/**
 * Rejects unknown options of a method. A misspelt option would be ignored, and the method would do more than intended.
 *
 * @throws SessionUsageError
 */
export function checkNames(method: string, options: object, names: readonly string[]): void {
  if (!isObject(options)) {
    throw new SessionUsageError(`${method}: expected an object of options, received ${received(options)}.`);
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new SessionUsageError(
    `${method}: expected only the options ${names.join(' and ')}, received "${shown(unknown)}". Correct the spelling.`,
  );
}

/**
 * Returns an option that narrows the effect of a method. An undefined value does not count as absent, because the method would
 * then do more than intended.
 *
 * @throws SessionUsageError when the option is present, and undefined, `null` or empty
 */
export function narrowing<T extends object, Name extends keyof T & string>(
  method: string,
  options: T,
  name: Name,
): NonNullable<T[Name]> | null {
  if (!(name in options)) return null;
  const value = options[name];
  if (value !== undefined && value !== null && value !== '') return value;
  throw new SessionUsageError(
    `${method}: expected a value for "${name}", received ${received(value)}. Leave "${name}" out to do without it.`,
  );
}

/** Returns the only user whose session may be ended; `null` for any user. */
export function ownerIn(options: { readonly ownedBy?: string | number }): string | null {
  const ownedBy = narrowing('revoke()', options, 'ownedBy');
  return ownedBy === null ? null : userIdOf({ id: ownedBy });
}

/**
 * Returns the time before which sessions end, in milliseconds; `null` for any time.
 *
 * @throws SessionUsageError when the option is present, and no valid Date
 */
export function signInLimitIn(options: { readonly signedInBefore?: Date }): number | null {
  const time: unknown = narrowing('revokeEveryone()', options, 'signedInBefore');
  if (time === null) return null;
  const ms = time instanceof Date ? time.getTime() : NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new SessionUsageError(
    `revokeEveryone(): expected a valid Date for "signedInBefore", received ${received(time)}. ` +
      'Pass the time of the restore, such as new Date("2026-01-31T12:00:00Z").',
  );
}

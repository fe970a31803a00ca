import { SessionUsageError } from '../core/errors/errors.js';
import type { PrincipalField } from '../core/runtime/runtime.js';
import { userIdOf } from '../core/runtime/user.js';

/** Returns the id of a user from the value that the application's passport serializer returned. */
export type UserIdOfSerialized = (serialized: unknown) => string | number;

/**
 * Describes the field in which passport stores the serialized user: `passport` uses `session.passport.user`, and
 * `@fastify/passport` uses `session.passport`. A session is indexed and limited under that user as soon as passport saves
 * it, so `request.logIn()` and `SessionService.signIn()` have the same effect.
 */
export function passportPrincipal(idOf: UserIdOfSerialized = defaultIdOf): PrincipalField {
  return {
    name: 'passport',
    userIdOf(value) {
      const user = serializedUserOf(value);
      return user === undefined || user === null || user === false ? null : userIdOf({ id: idOf(user) });
    },
  };
}

/** Returns the serialized user of a field. `passport` leaves an empty object behind when it signs out. */
function serializedUserOf(value: unknown): unknown {
  if (!isObject(value)) return value;
  const isClassic = Object.hasOwn(value, 'user') || Object.keys(value).length === 0;
  return isClassic ? propertyOf(value, 'user') : value;
}

function defaultIdOf(serialized: unknown): string | number {
  if (typeof serialized === 'string' || typeof serialized === 'number') return serialized;
  const id = isObject(serialized) ? propertyOf(serialized, 'id') : undefined;
  if (typeof id === 'string' || typeof id === 'number') return id;
  throw new SessionUsageError(
    'The passport serializer must return the id of a user or an object with an "id", so that the session can be ' +
      `indexed under its user, but it returned ${isObject(serialized) ? 'an object without "id"' : typeof serialized}. ` +
      'Set the option "passport.userId" to a function that returns the id from the serialized user.',
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Returns a property of an object or of its class, but not of `Object.prototype`, which other code may have extended. */
function propertyOf(object: Record<string, unknown>, name: string): unknown {
  for (
    let at: object | null = object;
    at && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object
  ) {
    if (Object.hasOwn(at, name)) return object[name];
  }
  return undefined;
}

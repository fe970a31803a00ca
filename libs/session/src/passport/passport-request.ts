import type { SessionUser } from '../core/runtime/user.js';
import { isMarkedByPassport } from './passport-internals.js';

/**
 * Returns true if passport takes part in a request.
 *
 * @param front Fastify's request in front of Node's, if there is one
 */
export function isPassportActive(request: object, front: object | null): boolean {
  return isMarkedByPassport(request) || (front !== null && isMarkedByPassport(front));
}

/**
 * Returns the user whom passport has put on the request to sign in, who may have more than an ID, such as the role that
 * a limit depends on. `null` if the request has no user with this ID.
 */
export function passportUserOf(request: object, front: object | null, id: string): SessionUser | null {
  return userOf(front, id) ?? userOf(request, id);
}

function userOf(request: object | null, id: string): SessionUser | null {
  const { user } = (request ?? {}) as { readonly user?: unknown };
  return hasId(user) && String(user.id) === id ? user : null;
}

function hasId(user: unknown): user is SessionUser {
  return typeof user === 'object' && user !== null && 'id' in user;
}

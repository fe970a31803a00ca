import type { PrincipalSource } from '../core/unit-of-work.js';
import type { SessionUser } from '../core/user.js';

const FRONT = Symbol.for('nestjs-redis-session:front');

interface PassportRequest {
  readonly user?: unknown;
  /** Property that `initialize()`, `session()` and `authenticate()` of `passport` set on a request. */
  readonly _sessionManager?: unknown;
  /** Property that the plugin of `@fastify/passport` sets on every request. */
  readonly passport?: { readonly sessionManager?: unknown };
  [FRONT]?: object;
}

/** Links Node's request to Fastify's, which guards and handlers receive. */
export function linkRequests(request: { readonly raw: object }): void {
  (request.raw as PassportRequest)[FRONT] = request;
}

/**
 * Returns the user whom passport is signing in, as set on the request, with further properties such as the role that a
 * limit depends on. `null`: the request has no user with this id.
 */
function passportUserOf(request: object, id: string): SessionUser | null {
  const users = facesOf(request).map(({ user }) => user);
  return users.filter(hasId).find((user) => String(user.id) === id) ?? null;
}

/** Passport's user of a request. */
export class PassportAtWork implements PrincipalSource {
  constructor(private readonly request: object) {}

  isAtWork(): boolean {
    return isPassportAtWork(this.request);
  }

  userOf(id: string): SessionUser | null {
    return passportUserOf(this.request, id);
  }
}

/** Detects passport in a request by the properties that `passport` and `@fastify/passport` set. */
export function isPassportAtWork(request: object): boolean {
  return facesOf(request).some(
    ({ _sessionManager, passport }) => (_sessionManager ?? passport?.sessionManager) !== undefined,
  );
}

function facesOf(request: PassportRequest): readonly PassportRequest[] {
  const front = request[FRONT];
  return front ? [front, request] : [request];
}

function hasId(user: unknown): user is SessionUser {
  return typeof user === 'object' && user !== null && 'id' in user;
}

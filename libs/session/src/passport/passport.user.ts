import type { PrincipalSource } from '../core/unit-of-work.js';
import type { SessionUser } from '../core/user.js';

const FRONT = Symbol.for('nestjs-redis-session:front');

interface PassportRequest {
  readonly user?: unknown;
  /** What `initialize()`, `session()` and `authenticate()` of `passport` leave on a request. */
  readonly _sessionManager?: unknown;
  /** What the plugin of `@fastify/passport` puts on every request. */
  readonly passport?: { readonly sessionManager?: unknown };
  [FRONT]?: object;
}

/** Tells which request of Fastify's stands in front of Node's. Guards and handlers see that one. */
export function linkRequests(request: { readonly raw: object }): void {
  (request.raw as PassportRequest)[FRONT] = request;
}

/**
 * The user whom passport has put on the request to sign in, who may have more than an id, such as the role that a
 * limit depends on. `null`: the request has no user with this id.
 */
function passportUserOf(request: object, id: string): SessionUser | null {
  const users = facesOf(request).map(({ user }) => user);
  return users.filter(hasId).find((user) => String(user.id) === id) ?? null;
}

/** Passport's part in a request. */
export class PassportAtWork implements PrincipalSource {
  constructor(private readonly request: object) {}

  isAtWork(): boolean {
    return isPassportAtWork(this.request);
  }

  userOf(id: string): SessionUser | null {
    return passportUserOf(this.request, id);
  }
}

/** Whether passport has a hand in a request, by the marks that `passport` and `@fastify/passport` leave. */
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

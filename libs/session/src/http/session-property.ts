import { SessionUsageError } from '../core/errors/errors.js';
import type { SessionObject } from '../core/session/session.js';
import type { RawRequest } from './request.js';

/**
 * The key under which a request keeps its session. By name, because decorators and guards may come from another copy of
 * this package.
 */
export const REQUEST_SESSION = Symbol.for('nestjs-redis-session:request-session');

/** The session of a request, from before it is loaded until after the response. */
export interface SessionHolder {
  /** Fastify's request, which handlers see instead of Node's. */
  readonly front: object | null;
  /** True if the session was loaded, or could not be. */
  readonly isStarted: boolean;
  /** The session as the application sees it. */
  readonly session: SessionObject;
}

interface Carrier {
  [REQUEST_SESSION]?: SessionHolder;
}

/**
 * The `this` with which the accessor of `request.session` is called to recognise it: cheaper than a descriptor. Frozen, because
 * an accessor of another library may keep a value in its `this`.
 */
const PROBE = Object.freeze({});
/** The reply of our accessor. */
const OURS = {};

/** `request.session`, the same property on every request. */
const SESSION_PROPERTY: PropertyDescriptor = {
  enumerable: true,
  configurable: true,
  get(this: object) {
    if (this === PROBE) return OURS;
    const holder = holderOf(this);
    return holder?.isStarted ? holder.session : undefined;
  },
  set: refuseSession,
};

/**
 * Puts a session on a request. Must run before Express gives the request another prototype: each property that is added
 * after that costs several microseconds, because the engine no longer shares the object's hidden class.
 */
export function attachHolder(request: RawRequest, holder: SessionHolder): void {
  const isFirst = !Object.hasOwn(request, REQUEST_SESSION);
  (request as Carrier)[REQUEST_SESSION] = holder;
  if (isFirst) defineSession(request);
}

/** Gives a request, or Fastify's in front of it, the property `session` as its own, so that deleting it is noticed. */
export function defineSession(request: object): void {
  Object.defineProperty(request, 'session', SESSION_PROPERTY);
}

/** Returns the session of a request. Fastify's request refers to Node's, which has the session; Express' is Node's. */
export function holderOf(request: object): SessionHolder | undefined {
  const { raw } = request as { raw?: object };
  return ((raw ?? request) as Carrier)[REQUEST_SESSION];
}

/** Returns true if `session` was deleted from the request, which ends nothing, or was replaced by another library. */
export function hasLostSession(request: RawRequest, front: object | null): boolean {
  return !hasOurSession(request) || (front !== null && !hasOurSession(front));
}

/** Returns true if another library has put its session on the request. */
export function hasForeignSession(request: object): boolean {
  return Object.hasOwn(request, 'session') && !hasOurSession(request);
}

function hasOurSession(request: object): boolean {
  if (!Object.hasOwn(request, 'session')) return false;
  try {
    return Reflect.get(request, 'session', PROBE) === OURS;
  } catch {
    // An accessor of another library, which needs a request.
    return false;
  }
}

/** Rejects an assignment to `request.session`. Before the session is loaded, it comes from another library. */
export function refuseSession(this: object): never {
  throw holderOf(this)?.isStarted ? lostSessionError(this) : foreignSessionError();
}

/** Returns the error for a request whose `session` is that of another library. */
export function foreignSessionError(): SessionUsageError {
  return new SessionUsageError(
    'Another library, such as express-session or cookie-session, puts its own session on the requests that SessionModule ' +
      'serves. Both use the name request.session: remove the other one, also from an Express or Fastify application ' +
      'around this one.',
  );
}

/** Returns the error for a request whose session was replaced or deleted. */
export function lostSessionError(request: object): SessionUsageError {
  if (hasForeignSession(request)) return foreignSessionError();
  return new SessionUsageError(
    'request.session cannot be replaced or deleted. To end the session call request.session.destroy(); ' +
      'to empty it, delete its properties.',
  );
}

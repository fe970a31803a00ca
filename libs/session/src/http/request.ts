import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SessionContext } from '../core/context.js';
import { SessionUsageError } from '../core/errors.js';
import type { Session, SessionData, SessionObject } from '../core/session.js';
import type { CurrentUsers } from './current-user.js';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the way to type Express' request
  namespace Express {
    interface Request {
      /** The session of this request. */
      readonly session: Session;
    }
  }
}

/** A request of Express or Fastify, or Node's own, as far as this module looks at it. */
export interface RequestLike {
  readonly headers: IncomingMessage['headers'];
  /** The client's address, by the platform's trust-proxy setting. */
  readonly ip?: string;
  /** `https` or `http`, by the platform's trust-proxy setting. */
  readonly protocol?: string;
}

/** A request that has been through the session module, for handlers that take the whole request. */
export interface RequestWithSession<Data extends object = SessionData> extends RequestLike {
  readonly session: Session<Data>;
}

/** Node's request, with what the platforms put on it before our middleware runs. */
export type RawRequest = IncomingMessage & RequestLike;
export type RawResponse = ServerResponse;

const ARRIVED = Symbol('session');

interface Arrived {
  readonly context: SessionContext | Error;
  readonly users: CurrentUsers;
}

interface Carrier {
  [ARRIVED]?: Arrived;
}

/** `request.session`, on every request alike. */
const SESSION_PROPERTY: PropertyDescriptor = {
  enumerable: true,
  configurable: true,
  get(this: object) {
    return sessionOf(this);
  },
  set: refuseSession,
};

/**
 * Puts the session of a request in place.
 *
 * @param context the session, or why there is none: then whoever asks for the session gets that error, and requests
 *   that need no session are answered as ever
 */
export function attachSession(
  request: RawRequest,
  context: SessionContext | Error,
  users: CurrentUsers,
): void {
  (request as Carrier)[ARRIVED] = { context, users };
  Object.defineProperty(request, 'session', SESSION_PROPERTY);
}

/** What `request.session` is, on a request of either platform. */
export function sessionOf(request: object): SessionObject {
  const context = contextOf(request);
  context.accessed = true;
  return context.session;
}

/** What an assignment to `request.session` does. */
export function refuseSession(): never {
  throw new SessionUsageError(
    'request.session cannot be replaced. To end the session call request.session.destroy(); ' +
      'to empty it, delete its properties.',
  );
}

/**
 * The session context of a request of either platform.
 *
 * @throws SessionUnavailableError when the store failed while the session was loaded
 * @throws SessionUsageError when the request has not been through the session module
 */
export function contextOf(request: object): SessionContext {
  const { context } = arrivedOf(request);
  if (context instanceof Error) throw context;
  return context;
}

/** Who knows the application's users. */
export function usersOf(request: object): CurrentUsers {
  return arrivedOf(request).users;
}

/** Fastify's request carries Node's, on which the session is; Express' is Node's. */
function arrivedOf(request: object): Arrived {
  const { raw } = request as { raw?: object };
  const arrived = ((raw ?? request) as Carrier)[ARRIVED];
  if (arrived) return arrived;
  throw new SessionUsageError(
    'This request has no session: it did not pass the session middleware. Import SessionModule in the root module ' +
      'of the application that serves the request.',
  );
}

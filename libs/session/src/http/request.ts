import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SessionContext } from '../core/context.js';
import { SessionUsageError } from '../core/errors.js';
import type { Session, SessionData, SessionObject } from '../core/session.js';
import type { CurrentUsers } from './current-user.js';

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

/** By name, as a request may meet decorators and guards of another copy of this package. */
const PLACE = Symbol.for('nestjs-redis-session:place');

/**
 * Policy for a request whose session cannot be loaded.
 *
 * - `fail`: reading the session throws, and the client gets 503
 * - `anonymous`: the request is treated as anonymous, and writes to its session are refused
 */
export type OutagePolicy = 'fail' | 'anonymous';

/** That the session of a request could not be loaded. */
export interface Outage {
  readonly error: Error;
  policy: OutagePolicy;
}

class Arrived {
  /** Whether a guard has asked who is signed in. */
  isGuarded = false;

  constructor(
    readonly context: SessionContext,
    readonly outage: Outage | null,
    readonly users: CurrentUsers,
  ) {}
}

/** What is known of a request whose session is in place. */
export type RequestState = Readonly<Arrived>;

/** Where a request keeps its session, from before there is one. */
class Place {
  arrived: Arrived | null = null;
  /** Fastify's request, which handlers see in place of Node's. */
  front: object | null = null;
}

interface Carrier {
  [PLACE]?: Place;
}

/** `request.session`, on every request alike. */
const SESSION_PROPERTY: PropertyDescriptor = {
  enumerable: true,
  configurable: true,
  get(this: object) {
    return placeOf(this)?.arrived ? sessionOf(this) : undefined;
  },
  set: refuseSession,
};

/**
 * Makes a place for the session of a request. To be done before Express gives the request another prototype: each
 * property that is added after that costs several microseconds, because the engine knows the object no more.
 */
export function prepareRequest(request: RawRequest): Place {
  const place = new Place();
  (request as Carrier)[PLACE] = place;
  Object.defineProperty(request, 'session', SESSION_PROPERTY);
  return place;
}

/**
 * Puts the session of a request in place.
 *
 * @param outage that it could not be loaded: then whoever asks for it gets that error, unless its policy is to go on
 *   without. Requests that need no session are answered as ever
 */
export function attachSession(
  request: RawRequest,
  context: SessionContext,
  users: CurrentUsers,
  outage: Outage | null = null,
): RequestState {
  const place = (request as Carrier)[PLACE] ?? prepareRequest(request);
  return (place.arrived = new Arrived(context, outage, users));
}

/** Notes that a guard asks who is signed in, so that the answer may be for one user alone. */
export function noteGuard(request: object): void {
  arrivedOf(request).isGuarded = true;
}

/** Gives Fastify's request a session of its own, so that it shows when somebody deletes it. */
export function prepareFront(front: { readonly raw: RawRequest }): void {
  const place = (front.raw as Carrier)[PLACE] ?? prepareRequest(front.raw);
  place.front = front;
  Object.defineProperty(front, 'session', SESSION_PROPERTY);
}

/** Whether the session was deleted from the request, which ends nothing, or another library has put its own there. */
export function hasLostSession(request: RawRequest): boolean {
  const front = placeOf(request)?.front;
  return !hasOurSession(request) || (!!front && !hasOurSession(front));
}

/** Whether another library has put its session on the request. */
export function hasForeignSession(request: object): boolean {
  return Object.hasOwn(request, 'session') && !hasOurSession(request);
}

function hasOurSession(request: object): boolean {
  return Object.getOwnPropertyDescriptor(request, 'session')?.get === SESSION_PROPERTY.get;
}

/** What `request.session` is, on a request of either platform. */
export function sessionOf(request: object): SessionObject {
  const context = contextOf(request);
  context.accessed = true;
  return context.session;
}

/** What an assignment to `request.session` does. Before there is one, it is that of another library's middleware. */
export function refuseSession(this: object): never {
  throw hasSession(this) ? lostSessionError(this) : foreignSessionError();
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

/**
 * The session context of a request of either platform.
 *
 * @throws SessionUnavailableError when the store failed while the session was loaded
 * @throws SessionUsageError when the request has not been through the session module
 */
export function contextOf(request: object): SessionContext {
  const { context, outage } = arrivedOf(request);
  if (outage?.policy === 'fail') throw outage.error;
  return context;
}

/**
 * The session context of a request, for a decision on who may pass.
 *
 * @throws SessionUnavailableError when the session could not be loaded, though the request may go on without it
 */
export function certainContextOf(request: object): SessionContext {
  const { context, outage } = arrivedOf(request);
  if (outage) throw outage.error;
  return context;
}

/** That the session of a request could not be loaded; what becomes of the request can be decided in it. */
export function outageOf(request: object): Outage | null {
  return placeOf(request)?.arrived?.outage ?? null;
}

/** Who knows the application's users. */
export function usersOf(request: object): CurrentUsers {
  return arrivedOf(request).users;
}

/** Whether a request has been through the session module. */
export function hasSession(request: object): boolean {
  return Boolean(placeOf(request)?.arrived);
}

function arrivedOf(request: object): Arrived {
  const arrived = placeOf(request)?.arrived;
  if (arrived) return arrived;
  throw new SessionUsageError(
    'This request has no session: it did not pass the session middleware. Import SessionModule in the root module ' +
      'of the application that serves the request.',
  );
}

/** Fastify's request carries Node's, on which the session is; Express' is Node's. */
function placeOf(request: object): Place | undefined {
  const { raw } = request as { raw?: object };
  return ((raw ?? request) as Carrier)[PLACE];
}

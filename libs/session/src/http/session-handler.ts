import type { RawRequest, RawResponse } from './request.js';
import type { HttpSessions } from './request-session.js';
import { RequestSession } from './request-session.js';
import { cacheHeads } from './response-head.js';
import { defineSession, foreignSessionError, hasForeignSession, holderOf } from './session-property.js';

/** Called when the session is in place, or with the error that prevents it. */
export type Next = (error?: unknown) => void;

/** Gives HTTP requests their sessions. Needs nothing but Node's request and response. */
export class SessionHandler {
  private readonly http: HttpSessions;

  constructor(parts: Omit<HttpSessions, 'heads'>) {
    this.http = { ...parts, heads: cacheHeads(parts.transport.requestHeader) };
  }

  /**
   * Prepares a request and its response. Optional: call it before a framework gives them another prototype, which makes
   * adding properties expensive.
   */
  prepare(request: RawRequest, response: RawResponse): void {
    new RequestSession(this.http, request).watch(response);
  }

  /** Prepares a request that Fastify's stands in front of. */
  prepareFront(front: { readonly raw: RawRequest }): void {
    // The handler may have run before, or runs later.
    const session = (holderOf(front.raw) as RequestSession | undefined) ?? this.sessionFor(front.raw);
    session.front = front;
    defineSession(front);
  }

  /** Gives a request its session, and calls the next handler. */
  readonly handle = (request: RawRequest, response: RawResponse, next: Next): void => {
    let loading: Promise<void> | null;
    try {
      loading = this.begin(request, response);
    } catch (error) {
      return next(error);
    }
    if (!loading) return next();
    // The promise has no value, which `next` would take for an error.
    void loading.then(next, next);
  };

  /** Begins the session of a request. Returns `null` if the next handler does not have to wait. */
  private begin(request: RawRequest, response: RawResponse): Promise<void> | null {
    if (hasForeignSession(request)) throw foreignSessionError();
    const { exclude, load, meter } = this.http;
    const session = this.sessionFor(request);
    if (exclude?.(request)) {
      session.exclude();
      return null;
    }
    meter.requests += 1;
    session.countFailures();
    session.open(response);
    if (load === 'eager') return session.load();
    session.defer();
    return null;
  }

  /** Returns the session of a request, unless another handler has started it: that one still has to finish it. */
  private sessionFor(request: RawRequest): RequestSession {
    const present = holderOf(request) as RequestSession | undefined;
    if (present?.http === this.http && !present.isStarted) return present;
    const session = new RequestSession(this.http, request);
    session.front = present?.front ?? null;
    return session;
  }
}

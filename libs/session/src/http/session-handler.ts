import { loadAtOnce, loadSession } from '../core/request/load-session.js';
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

  /** Loads the session of a request, and calls the next handler. */
  readonly handle = (request: RawRequest, response: RawResponse, next: Next): void => {
    if (hasForeignSession(request)) return next(foreignSessionError());
    const { runtime, transport, meter } = this.http;
    meter.requests += 1;
    const session = this.sessionFor(request);
    session.countFailures();
    const values = transport.read(session);
    const atOnce = loadAtOnce(runtime, values, session);
    if (atOnce) {
      session.start(response, atOnce);
      return next();
    }
    void loadSession(runtime, values, session)
      .then(
        (loaded) => session.start(response, loaded),
        (error: Error) => session.startWithout(response, error),
      )
      .then(() => next(), next);
  };

  /** Returns the session of a request, unless another handler has started it: that one still has to finish it. */
  private sessionFor(request: RawRequest): RequestSession {
    const present = holderOf(request) as RequestSession | undefined;
    if (present?.http === this.http && !present.isStarted) return present;
    const session = new RequestSession(this.http, request);
    session.front = present?.front ?? null;
    return session;
  }
}

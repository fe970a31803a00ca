import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Session, SessionData } from '../core/session/session.js';

/** The parts of a request of Express, Fastify or Node that this module reads. */
export interface RequestLike {
  readonly headers: IncomingMessage['headers'];
  /** The client's address, by the platform's trust-proxy setting. */
  readonly ip?: string;
  /** `https` or `http`, by the platform's trust-proxy setting. */
  readonly protocol?: string;
}

/** A request that has passed the session module, for handlers that take the whole request. */
export interface RequestWithSession<Data extends object = SessionData> extends RequestLike {
  readonly session: Session<Data>;
}

/** Node's request, with the properties that the platforms add before the session middleware runs. */
export type RawRequest = IncomingMessage & RequestLike;
export type RawResponse = ServerResponse;

/**
 * Policy for a request whose session cannot be loaded.
 *
 * - `fail`: reading the session throws, and the client gets 503
 * - `anonymous`: the request is treated as anonymous, and writes to its session are refused
 */
export type OutagePolicy = 'fail' | 'anonymous';

/**
 * The time at which the session of a request is loaded.
 *
 * - `eager`: when the request arrives
 * - `lazy`: when a guard, a decorator or an awaited call uses the session for the first time
 */
export type SessionLoading = 'eager' | 'lazy';

import type { OtherTokens } from './other-tokens.js';
import type { Origin, SessionRecord } from '../store/store.js';
import type { TokenPair } from './token-pair.js';

/**
 * Status of the presented token.
 *
 * - `none`: the client presented no token, or tokens of several sessions
 * - `live`: the token opens a session
 * - `dead`: the token opens no session
 * - `superseded`: the token was exchanged for a newer one, which the client has or is about to receive
 */
export type TokenStatus = 'none' | 'live' | 'dead' | 'superseded';

/** The client of a request, as the edge sees it. */
export interface Client {
  /** Returns the device and the address of the client. Called only for sign-ins, revocations and reports. */
  origin(): Origin;
}

/**
 * The session that the tokens of one request open, or the reason why they open none.
 *
 * A class, because it lives as long as its request and refers to it. V8 may pretenure objects that a literal creates
 * at one place, and then whole requests stay in memory until the next full garbage collection.
 */
export class LoadedSession {
  /** The record of the session, or `null`. */
  record: SessionRecord | null = null;
  /** Time at which {@link record} was loaded, by the store's clock; 0 if there is no record. */
  at = 0;
  /** True if the record is a copy from the cache of this process, which may be outdated. */
  isCopy = false;
  /** The token that follows the presented one, if that one was exchanged and is in its grace period. */
  successor: TokenPair | null = null;
  /** The session that a superseded token belongs to, if that session still exists. */
  supersededIn: SessionRecord | null = null;
  /** Further tokens of the request, if they matter. */
  others: OtherTokens | null = null;
  /** The error that prevented loading. The client is treated as anonymous, and nothing is written. */
  failure: Error | null = null;

  constructor(
    readonly client: Client,
    /** The well-formed token that counts, or `null`. */
    readonly presented: TokenPair | null,
    public tokenStatus: TokenStatus,
  ) {}

  /** Notes the session that the token opens. @param now the time by the store's clock */
  open(record: SessionRecord, now: number): void {
    this.record = record;
    this.at = now;
    this.tokenStatus = 'live';
  }
}

/** Returns the session of a client that presents no token. */
export function anonymousSession(client: Client): LoadedSession {
  return new LoadedSession(client, null, 'none');
}

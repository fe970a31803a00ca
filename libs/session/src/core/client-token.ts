import type { SessionRecord, SessionStore } from './store.js';
import type { SessionId, Shard, Token } from './token.js';
import { mintToken, randomShard, sessionIdOf } from './token.js';

/** A token and the public id of the session that it opens. */
export interface TokenPair {
  readonly token: Token;
  readonly id: SessionId;
}

/** How a client's cookie must change. `null`: not at all. */
export type CookieChange =
  | { readonly kind: 'set'; readonly token: Token; readonly persistentForMs: number | null }
  | { readonly kind: 'clear' }
  | null;

/**
 * What a client's cookie is worth.
 *
 * - `none`: there is no session cookie, or more than one that counts
 * - `live`: it opens a session. `dead`: it opens nothing
 * - `superseded`: it was exchanged for a newer one, which the browser has or is about to get
 */
export type CookieStanding = 'none' | 'live' | 'dead' | 'superseded';

/** A fresh token in a shard, with its id. */
export function mint(shard: Shard): TokenPair {
  const token = mintToken(shard);
  return { token, id: sessionIdOf(token) };
}

/** What the client of one request holds, what it should hold instead, and so how its cookie must change. */
export class ClientToken {
  /** The token of the session, once there is one or somebody asked for its id. */
  private current: TokenPair | null;
  private state: 'as-presented' | 'issued' | 'ended' = 'as-presented';

  /** @param presented the well-formed token that came with the request, or `null` */
  constructor(
    private readonly store: SessionStore,
    readonly presented: TokenPair | null,
    private readonly standing: CookieStanding,
  ) {
    this.current = standing === 'live' ? presented : null;
  }

  /** The token in use; a fresh one in a random shard where there is none. */
  get pair(): TokenPair {
    this.current ??= mint(randomShard());
    return this.current;
  }

  /** Whether the client must be given another token than it came with. */
  get isIssued(): boolean {
    return this.state === 'issued';
  }

  /** Whether {@link change} may have something to say. */
  get mayChange(): boolean {
    return this.standing === 'dead' || this.state !== 'as-presented';
  }

  /** The session goes by another token now, and the client must learn it. */
  issue(next: TokenPair): void {
    this.current = next;
    this.state = 'issued';
  }

  /** The session has ended by the client's own wish. */
  leave(): void {
    this.current = null;
    this.state = 'ended';
  }

  /** Whether the browser has got, or is about to get, a newer token than the one that it presented here. */
  async isSuperseded(): Promise<boolean> {
    if (this.standing === 'superseded') return true;
    if (this.standing !== 'dead' || !this.presented) return false;
    return (await this.store.endOf(this.presented.id))?.reason === 'replaced';
  }

  /** How the cookie must change, given the session as it is stored. */
  async change(record: SessionRecord | null): Promise<CookieChange> {
    if (this.state === 'issued' && record) return this.set(record);
    if (this.state !== 'as-presented') return { kind: 'clear' };
    // A late answer to an older request must leave alone the newer cookie that the browser has by now.
    if (this.standing !== 'dead' || (await this.isSuperseded())) return null;
    return { kind: 'clear' };
  }

  private set(record: SessionRecord): CookieChange {
    const persistentForMs = record.persistent ? record.absoluteEndAt - this.store.now() : null;
    return { kind: 'set', token: this.pair.token, persistentForMs };
  }
}

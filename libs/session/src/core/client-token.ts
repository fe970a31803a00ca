import type { TokenPair } from './token-pair.js';
import type { OtherCookies } from './other-cookies.js';
import type { SessionRecord, SessionStore } from './store.js';
import type { SessionId, Shard, Token } from './token.js';
import { isRotated, markIdOf, mintToken, randomShard, sessionIdOf, signInToken } from './token.js';

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

/** What a request showed. */
interface ShownCookies {
  /** The well-formed token that counts, or `null`. */
  readonly presented: TokenPair | null;
  readonly standing: CookieStanding;
  readonly others: OtherCookies | null;
}

/** So many shards are drawn to find one whose server is not away. With half of the servers away one in a million fails. */
const MAX_DRAWS = 20;

/** A shard for a session of nobody: any, but one whose server is known to be away. */
function freshShard({ breaker }: SessionStore): Shard {
  let shard = randomShard();
  for (let draws = 1; draws < MAX_DRAWS && breaker?.isAway?.(shard); draws++) shard = randomShard();
  return shard;
}

/** A fresh token in a shard, with its id. */
export function mint(shard: Shard): TokenPair {
  const token = mintToken(shard);
  return { token, id: sessionIdOf(token) };
}

/** The token of a sign-in in a shard that follows from the one that the client showed, with its id. */
export function mintFrom(shown: Token, nonce: string, shard: Shard): TokenPair {
  const token = signInToken(shard, shown, nonce);
  return { token, id: sessionIdOf(token) };
}

/** What the client of one request holds, what it should hold instead, and so how its cookie must change. */
export class ClientToken {
  /** The token of the session, once there is one or somebody asked for its id. */
  private current: TokenPair | null;
  private state: 'as-presented' | 'issued' | 'ended' = 'as-presented';
  /** Whether this very request has put another session in the place of what was presented. */
  private hasReplaced = false;
  /** Whether the store has said that another request has put a session in the place of what was presented. */
  private isKnownSuperseded = false;
  /** Whether the session in use was begun by another request of this client, which sent its sign-in twice. */
  private hasJoined = false;
  readonly presented: TokenPair | null;
  private readonly standing: CookieStanding;
  private readonly others: OtherCookies | null;

  constructor(
    private readonly store: SessionStore,
    { presented, standing, others }: ShownCookies,
  ) {
    this.presented = presented;
    this.standing = standing;
    this.others = others;
    this.current = standing === 'live' ? presented : null;
  }

  /** The token in use; a fresh one in a random shard where there is none. */
  get pair(): TokenPair {
    this.current ??= mint(freshShard(this.store));
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
    this.hasJoined = false;
  }

  /** The session has ended by the client's own wish. */
  leave(): void {
    this.current = null;
    this.state = 'ended';
  }

  /** This very request has put another session in the place of what was presented. */
  noteReplaced(): void {
    this.hasReplaced = true;
  }

  /** The session in use was begun by another request of this client, whose answer brings the same token. */
  noteJoined(): void {
    this.hasJoined = true;
  }

  /** Whether the session in use is also that of another answer, which must not lose it. */
  get isJoined(): boolean {
    return this.hasJoined;
  }

  /** The token by which a sign-in is known when it is sent twice; `null`: by none. */
  get shown(): Token | null {
    return this.standing === 'superseded' ? null : (this.presented?.token ?? null);
  }

  /** What to mark as replaced when a sign-in begins a session that takes nothing over; `null`: nothing. */
  get unmarked(): SessionId | null {
    // What a superseded token names lives on, with somebody who has the newer one.
    if (this.hasReplaced || this.standing === 'superseded' || !this.presented) return null;
    return markIdOf(this.presented.token);
  }

  /**
   * Whether the browser has got, or is about to get, a newer token than those that it showed here, by another request
   * than this.
   *
   * @param options.fresh whether the store must be asked, whatever it said when the request came
   */
  async isSuperseded({ fresh = false } = {}): Promise<boolean> {
    if (this.hasJoined) return this.isJoinedOutdated();
    if (this.hasReplaced) return false;
    if (this.standing === 'superseded' || this.isKnownSuperseded) return true;
    const shown = [...(this.presented ? [this.presented] : []), ...(this.others?.pairs ?? [])];
    const answers = await Promise.all(shown.map((pair) => this.isReplaced(pair, fresh)));
    this.isKnownSuperseded = answers.includes(true);
    return this.isKnownSuperseded;
  }

  /**
   * How the cookie must change, given the session as it is stored, as far as this request can tell. Unless it
   * {@link isSuperseded}: a late answer must leave alone the newer cookie that the browser has by then.
   */
  change(record: SessionRecord | null): CookieChange {
    switch (this.state) {
      case 'issued':
        return record && this.set(record);
      case 'ended':
        return { kind: 'clear' };
      case 'as-presented':
        return this.standing === 'dead' ? { kind: 'clear' } : null;
    }
  }

  private async isReplaced({ id, token, absence }: TokenPair, fresh: boolean): Promise<boolean> {
    if (!fresh && absence?.holds) return absence.end?.reason === 'replaced';
    if ((await this.store.endOf(id))?.reason === 'replaced') return true;
    return isRotated(token) && (await this.store.endOf(markIdOf(token)))?.reason === 'replaced';
  }

  /** The other answer may have been first, and the client may have exchanged its token since. */
  private async isJoinedOutdated(): Promise<boolean> {
    const { id } = this.pair;
    const present = await this.store.load(id, { fresh: true });
    return present ? present.rotation !== null : (await this.store.endOf(id))?.reason === 'replaced';
  }

  private set(record: SessionRecord): CookieChange {
    const persistentForMs = record.persistent ? record.absoluteEndAt - this.store.now() : null;
    return { kind: 'set', token: this.pair.token, persistentForMs };
  }
}

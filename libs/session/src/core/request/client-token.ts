import type { LoadedSession } from './loaded-session.js';
import type { SessionRecord, SessionStore } from '../store/store.js';
import type { SessionId, Shard, Token } from '../record/token.js';
import { identify, isRotated, markIdOf, mintToken, randomShard, signInToken } from '../record/token.js';
import type { TokenPair } from './token-pair.js';

/**
 * The change of a client's token that the response makes; `null` for none.
 *
 * `persistentForMs` is the lifetime of the token in the client, in milliseconds; `null` if it ends with the browser.
 */
export type TokenChange =
  | { readonly kind: 'set'; readonly token: Token; readonly persistentForMs: number | null }
  | { readonly kind: 'clear' }
  | null;

/** Maximum number of draws for a shard on an available server. With half of the servers down, one in a million fails. */
const MAX_DRAWS = 20;

/** Returns a random shard for an anonymous session, on an available server if possible. */
function freshShard({ breaker }: SessionStore): Shard {
  let shard = randomShard();
  for (let draws = 1; draws < MAX_DRAWS && breaker?.isUnavailable?.(shard); draws++) shard = randomShard();
  return shard;
}

/** Returns a fresh token in a shard, with its ID. */
export function mint(shard: Shard): TokenPair {
  return identify(mintToken(shard));
}

/** Returns the token of a sign-in in a shard, derived from the presented token, with its ID. */
export function mintFrom(presented: Token, nonce: string, shard: Shard): TokenPair {
  return identify(signInToken(shard, presented, nonce));
}

/** The token that a client holds during one request, and the one that it should hold afterwards. */
export class ClientToken {
  /** The token of the session, once there is one or its ID was read. */
  private current: TokenPair | null;
  private state: 'as-presented' | 'issued' | 'cleared' = 'as-presented';
  /** True if this request has replaced the presented session by another one. */
  private isReplaced = false;
  /** True if the store has reported that another request replaced the presented session. */
  private isKnownSuperseded = false;
  private isShared = false;

  constructor(
    private readonly store: SessionStore,
    private readonly loaded: Pick<LoadedSession, 'presented' | 'tokenStatus' | 'others'>,
  ) {
    this.current = loaded.tokenStatus === 'live' ? loaded.presented : null;
  }

  /** The token in use; a fresh one in a random shard if there is none. */
  get pair(): TokenPair {
    this.current ??= mint(freshShard(this.store));
    return this.current;
  }

  /** True if the client must receive another token. */
  get isIssued(): boolean {
    return this.state === 'issued';
  }

  /** True if the client must receive another token, or none. */
  get isChanged(): boolean {
    return this.state !== 'as-presented';
  }

  /** True if the session in use was started by another request of this client, whose response brings its token too. */
  get isJoined(): boolean {
    return this.isShared;
  }

  /** The token by which a repeated sign-in is recognised, or `null`. */
  get signInSource(): Token | null {
    const { presented, tokenStatus } = this.loaded;
    return tokenStatus === 'superseded' ? null : (presented?.token ?? null);
  }

  /** The ID to mark as replaced when a sign-in starts a session that continues none; `null` for none. */
  get tokenToRetire(): SessionId | null {
    const { presented, tokenStatus } = this.loaded;
    // The session of a superseded token lives on with the client that has the newer one.
    if (this.isReplaced || tokenStatus === 'superseded' || !presented) return null;
    return markIdOf(presented.token);
  }

  /** Continues under another token, which the client must receive. */
  issue(next: TokenPair): void {
    this.current = next;
    this.state = 'issued';
    this.isShared = false;
  }

  /** Clears the client's token with the response, because the client ended the session. */
  clear(): void {
    this.current = null;
    this.state = 'cleared';
  }

  /** Notes that this request has replaced the presented session. */
  markReplaced(): void {
    this.isReplaced = true;
  }

  /** Notes that another request of this client started the session in use; see {@link isJoined}. */
  markJoined(): void {
    this.isShared = true;
  }

  /**
   * Returns true if another request has given the client a newer token than those that it presented here.
   *
   * @param options.fresh true to query the store even if it reported the end of the presented session before
   */
  async isSuperseded({ fresh = false } = {}): Promise<boolean> {
    if (this.isShared) return this.isJoinedOutdated();
    if (this.isReplaced) return false;
    const { presented, tokenStatus, others } = this.loaded;
    if (tokenStatus === 'superseded' || this.isKnownSuperseded) return true;
    const pairs = [...(presented ? [presented] : []), ...(others?.pairs ?? [])];
    const answers = await Promise.all(pairs.map((pair) => this.wasReplaced(pair, fresh)));
    this.isKnownSuperseded = answers.includes(true);
    return this.isKnownSuperseded;
  }

  /**
   * Returns the change of the token for the session as it is stored, unless the token {@link isSuperseded}: a late
   * response must not touch the newer token that the client has by then.
   */
  change(record: SessionRecord | null): TokenChange {
    switch (this.state) {
      case 'issued':
        return record && this.set(record);
      case 'cleared':
        return { kind: 'clear' };
      case 'as-presented':
        return this.loaded.tokenStatus === 'dead' ? { kind: 'clear' } : null;
    }
  }

  private async wasReplaced({ id, token, absence }: TokenPair, fresh: boolean): Promise<boolean> {
    if (!fresh && absence?.holds) return absence.end?.reason === 'replaced';
    if ((await this.store.endOf(id))?.reason === 'replaced') return true;
    return isRotated(token) && (await this.store.endOf(markIdOf(token)))?.reason === 'replaced';
  }

  /** Returns true if the client has exchanged the token of the other response since. */
  private async isJoinedOutdated(): Promise<boolean> {
    const { id } = this.pair;
    const present = await this.store.load(id, { fresh: true });
    return present ? present.rotation !== null : (await this.store.endOf(id))?.reason === 'replaced';
  }

  private set(record: SessionRecord): TokenChange {
    const persistentForMs = record.persistent ? record.absoluteEndAt - this.store.now() : null;
    return { kind: 'set', token: this.pair.token, persistentForMs };
  }
}

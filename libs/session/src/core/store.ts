import type { StoreBreaker } from './breaker.js';
import type { Timeouts } from './expiry.js';
import type { RotationKeys, SessionId } from './token.js';

/**
 * Why a session is gone.
 *
 * - `signed-out`: its user ended it. `destroyed`: the application ended one that nobody was signed in to
 * - `evicted`: a newer sign-in took its place under the limit
 * - `revoked`: ended from another session, by an administrator or by the application
 * - `replaced`: its token was exchanged for a new one, by a sign-in or a regeneration
 * - `expired`: one of the two clocks ran out, or it never was. The server keeps no trace of either
 */
export type EndReason = 'signed-out' | 'destroyed' | 'evicted' | 'revoked' | 'replaced' | 'expired';

/** Where a sign-in came from. */
export interface Origin {
  /** A short label such as `Firefox on Linux`, or `null` where unknown. */
  readonly device: string | null;
  /** The network address as the platform sees it, or `null` where unknown. */
  readonly address: string | null;
}

/** What is kept of an ended session for a few minutes, so that its client can be told. */
export interface EndNotice {
  readonly reason: EndReason;
  /**
   * Where the cause came from: for an eviction, the sign-in that took the place; for a revocation, the request that
   * asked for it, where it is known.
   */
  readonly by?: Origin;
}

/** An {@link EndNotice} as read back from the store. */
export interface SessionEnd extends EndNotice {
  /** When the session ended, in milliseconds since 1970. `null` where the store does not know. */
  readonly at: number | null;
}

/** The tokens of a session whose token is exchanged on a timer. Verifiers are digests of their secrets. */
export interface Rotation extends Pick<RotationKeys, 'tagKey'> {
  /** When the token was last exchanged. */
  readonly at: number;
  /** The verifier of the token in use. */
  readonly current: string;
  /** The verifier of the token before it. */
  readonly previous: string;
  /**
   * Until when the previous token is still good. `null`: the current one has not been seen yet. Then the previous one is
   * good for the idle timeout from the exchange.
   */
  readonly graceEndAt: number | null;
  /** What leads from the previous token to the current one; `null`: dropped, because the grace is over. */
  readonly nonce: string | null;
}

/**
 * What a sign-in decided for its session alone.
 *
 * - `idle`: the idle timeout, which no activity changes then
 * - `end`: the point in time at which it ends, which no further sign-in moves
 */
export type OwnLifetime = 'idle' | 'end';

/** One session as the store has it. Times are milliseconds since 1970 by the store's clock. */
export interface SessionRecord {
  readonly id: SessionId;
  readonly createdAt: number;
  /** The last recorded activity; up to a tenth of the idle timeout behind the last request. */
  readonly lastActiveAt: number;
  readonly idleMs: number;
  /** When the session ends whatever happens. */
  readonly absoluteEndAt: number;
  /** Who is signed in, or `null`: nobody yet. */
  readonly userId: string | null;
  readonly signedInAt: number | null;
  readonly device: string | null;
  readonly address: string | null;
  /** Whether the cookie outlives the browser. */
  readonly persistent: boolean;
  /** What the sign-in decided for this session alone; absent: nothing. */
  readonly own?: readonly OwnLifetime[];
  /** `null`: the token is the one that the session began with. */
  readonly rotation: Rotation | null;
  /** The application's fields, each an opaque serialised value. */
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * What is wrong with what is stored under a session's id.
 *
 * - `malformed`: facts are missing or make no sense. `other-layout`: another version of this package wrote it
 * - `other-type`: it is no session at all. `oversized`: it holds more than a session may
 */
export type RecordProblem = 'malformed' | 'other-layout' | 'other-type' | 'oversized';

/** What a request did to the application's fields. Fields that it left alone are not named. */
export interface FieldChanges {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

/** A session that nobody is signed in to. */
export interface CreateIntent {
  readonly id: SessionId;
  readonly timeouts: Timeouts;
  readonly persistent: boolean;
  readonly fields: ReadonlyMap<string, string>;
}

/** A new id for a session that goes on. Both ids lie in one shard. */
export interface RegenerateIntent {
  readonly from: SessionRecord;
  readonly to: SessionId;
  /** `false` drops the application's fields; who is signed in and both clocks stay. */
  readonly keepData: boolean;
}

/** The exchange of a session's token on a timer. */
export interface RotateIntent {
  readonly record: SessionRecord;
  /** The verifier of the token that the client holds. */
  readonly from: string;
  /** The verifier of its successor. */
  readonly to: string;
  readonly keys: RotationKeys;
}

/** How adding to a number went. */
export type IncrementOutcome =
  | { readonly status: 'incremented'; readonly value: number }
  /** The field holds something else than a whole number, or would leave the range of whole numbers. */
  | { readonly status: 'not-a-number' }
  | { readonly status: 'gone' };

/** How a write went that was made on a condition. */
export type CompareAndSetOutcome =
  | { readonly status: 'set' }
  /** The field holds something else than was expected: this. `null`: it is absent. */
  | { readonly status: 'changed'; readonly text: string | null }
  | { readonly status: 'gone' };

/** What happens when a user who has as many sessions as allowed signs in once more. */
export type OnExceed = 'evict-oldest' | 'evict-idlest' | 'reject';

/** What tells a sign-in that is sent twice from two sign-ins. */
export interface SignInSource {
  /** A digest of the token that the client showed. Only who holds the token comes to it. */
  readonly digest: string;
  /** What led from that token to the one of the new session. */
  readonly nonce: string;
  /** For how long the store keeps both, in milliseconds. */
  readonly keptForMs: number;
}

/** A sign-in: create or replace, index, and enforce the limit, in one step. */
export interface SignInIntent extends Origin {
  /** The new session's id, in the shard of its user. */
  readonly id: SessionId;
  readonly userId: string;
  readonly timeouts: Timeouts;
  readonly persistent: boolean;
  readonly limit: { readonly max: number | null; readonly onExceed: OnExceed };
  /**
   * A session in the same shard that this one takes the place of: the same user's, or nobody's. With `keepData` its
   * fields go over, and `changes` apply to them. It does not count towards the limit.
   */
  readonly replaces: { readonly id: SessionId; readonly keepData: boolean } | null;
  /** When the session that this one carries on from another shard was created; `null`: now. */
  readonly createdAt: number | null;
  /** When the user signed in, if that was before; absent: now. */
  readonly signedInAt?: number | undefined;
  /** When the session ends, by the store's clock; absent: after `timeouts.absoluteMs`. */
  readonly absoluteEndAt?: number | undefined;
  /** What of the lifetime is this session's own; absent: nothing. */
  readonly own?: readonly OwnLifetime[] | undefined;
  readonly changes: FieldChanges;
  /**
   * The store keeps it with the session that begins. As long as it does, and that session lives under the id and the
   * token that it began with, a sign-in of the same user with the same digest is the same sign-in: it changes nothing.
   * Absent: this sign-in stands by itself.
   */
  readonly source?: SignInSource | undefined;
}

/** How a sign-in went. One that is rejected, or was there already, has begun nothing. */
export type SignInOutcome =
  | {
      readonly status: 'signed-in';
      readonly record: SessionRecord;
      /** Sessions that had to make room. */
      readonly evicted: readonly SessionId[];
    }
  | {
      /** The client has sent its sign-in twice. The limit has no say in it. */
      readonly status: 'again';
      /** The session that the first one began, as it is stored. */
      readonly record: SessionRecord;
      /** That of the first one. */
      readonly nonce: string;
      /** Sessions that had to make room, by a store that does so in several steps; else none. */
      readonly evicted: readonly SessionId[];
    }
  | {
      readonly status: 'rejected';
      /**
       * The live sessions that fill the limit, without their fields and rotation, the latest sign-in first. Of many only
       * some: a hundred or more. {@link SessionStore.revoke} can end each.
       */
      readonly live: readonly SessionRecord[];
    };

/** A session that was ended together with others. */
export type EndedSession = Pick<SessionRecord, 'id' | 'userId'>;

/** How a session is to be read. */
export interface LoadOptions {
  /** Whether the store itself must be asked, and no copy of what it once said will do. */
  readonly fresh?: boolean;
  /**
   * When its caller began to wait, by `performance.now()`, if that was before: it has asked elsewhere first. A store
   * with a deadline counts it from then.
   */
  readonly waitingSince?: number | undefined;
  /**
   * Called with why there is no session, where there is none, by a store that finds out both in one step. A store may do
   * without it, and is asked by {@link SessionStore.endOf}.
   */
  readonly onAbsent?: ((end: SessionEnd | null) => void) | undefined;
  /** Another id under which the end may be noted: that of the token, where it is not the session's. */
  readonly mark?: SessionId | undefined;
}

/**
 * Where sessions are kept. A store is written in terms of what a session layer wants, not of get and set, because
 * each intent must be atomic and only the store can make it so.
 *
 * Absence: a session that is absent, expired or malformed is `null` (or `false`), always. A store throws only when
 * the system fails, and then a {@link SessionUnavailableError} within a time of its own choosing; and where a write, a
 * creation or a sign-in would make a session larger than it may be, a {@link SessionSizeError}, having changed nothing.
 *
 * No resurrection: nothing but {@link create} and {@link signIn} ever makes a session exist. Every other method,
 * when it comes late, finds nothing and changes nothing.
 *
 * Clocks: the store's own clock ends sessions. A session is live for `idleWindowMs` after its last activity and
 * never past its absolute end. Whatever records activity takes a record, whose idle timeout is the session's from then on.
 *
 * The suite in `nestjs-redis-session/testing` checks all of this against any store.
 */
export interface SessionStore {
  /** For a store that stops calls while what is behind it is away. */
  readonly breaker?: StoreBreaker | undefined;

  /** Reads a session. Writes nothing. A store that keeps no copies has no use for the options. */
  load(id: SessionId, options?: LoadOptions): Promise<SessionRecord | null>;

  /**
   * Whether a record that {@link load} gave is a copy, and so may be behind the store. A store that keeps none does
   * without this method.
   */
  isCopy?(record: SessionRecord): boolean;

  /** Why a session is gone, for a few minutes after its end. `null` where the store does not know. */
  endOf(id: SessionId): Promise<SessionEnd | null>;

  /** Makes a session that nobody is signed in to. */
  create(intent: CreateIntent): Promise<SessionRecord>;

  /**
   * Applies changes to fields and records activity, as do the other writes. Where a grace is over, recorded activity drops
   * the nonce of the rotation. `false`: the session is gone and nothing was written.
   */
  commit(record: SessionRecord, changes: FieldChanges): Promise<boolean>;

  /** Adds to a field that holds a whole number, beginning at 0 where it is absent, and records activity. */
  increment(record: SessionRecord, field: string, by: number): Promise<IncrementOutcome>;

  /**
   * Sets a field if it still holds what is expected, and records activity.
   *
   * @param expected `null`: the field is absent
   * @param next `null`: remove the field
   */
  compareAndSet(
    record: SessionRecord,
    field: string,
    expected: string | null,
    next: string | null,
  ): Promise<CompareAndSetOutcome>;

  /** Records activity. `false`: the session is gone. */
  touch(record: SessionRecord): Promise<boolean>;

  /**
   * Exchanges the token of a session, if the one given is in use and the one before it has had its grace: then the one
   * given stays good until {@link confirmRotation}. Else changes nothing, so parallel requests agree.
   *
   * @returns the tokens as they are now; `null`: the session is gone
   */
  rotate(intent: RotateIntent): Promise<Rotation | null>;

  /**
   * The token in use has been seen: from now on the previous one is good for the grace only, in milliseconds, and not
   * for longer than it would have been otherwise.
   */
  confirmRotation(record: SessionRecord, graceMs: number): Promise<void>;

  /** Gives a session a new id and original token; the old ones are `replaced`. `null`: the session is gone. */
  regenerate(intent: RegenerateIntent): Promise<SessionRecord | null>;

  /**
   * Signs a user in. There are never more live sessions of a user than the limit, at no moment. A session that
   * {@link load} cannot read does not count where the limit would reject: nobody could see and end it.
   */
  signIn(intent: SignInIntent): Promise<SignInOutcome>;

  /**
   * Ends a session and answers what it last held. `null`: there was none; the notice is left all the same, unless
   * there is one that says `replaced`. That one stays, because late answers to the old token depend on it.
   */
  destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null>;

  /**
   * Ends a session, also one that {@link load} cannot read, and leaves nothing where there is none.
   *
   * @param ownedBy ends it only if it is this user's; `null`: whosever it is
   * @returns `null`: there was none
   */
  revoke(id: SessionId, notice: EndNotice, ownedBy: string | null): Promise<EndedSession | null>;

  /** The user's live sessions without their fields and rotation, the latest sign-in first. Need not be atomic. */
  list(userId: string): Promise<SessionRecord[]>;

  /**
   * Ends all of a user's sessions but one, and answers those it ended. A session that begins meanwhile may be ended or
   * not. It need not be atomic; but from its first step on no session that it is about to end is written to or kept
   * alive, and when it fails later, the error's {@link SessionUnavailableError.ended} names those that it had ended.
   */
  revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]>;

  /**
   * Ends all sessions but one, those of users and those of nobody. Each that lives when this is called has ended when it
   * returns, also if its token or its id was exchanged meanwhile; one that begins meanwhile may be ended or not. It need
   * not be atomic.
   *
   * @param onEnded told of those that were ended, as it goes, and also of those before a failure
   */
  revokeEveryone(
    notice: EndNotice,
    except: SessionId | null,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void>;

  /** The store's clock as far as this process knows it. Decides only whether a touch is due. */
  now(): number;

  /** Asks the store for a sign of life. */
  ping(): Promise<void>;

  /** Releases what the store itself opened: connections, timers. */
  close(): Promise<void>;
}

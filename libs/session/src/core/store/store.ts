import type { StoreBreaker } from './breaker.js';
import type { Timeouts } from '../record/expiry.js';
import type {
  EndedSession,
  EndNotice,
  Origin,
  OwnLifetime,
  Rotation,
  SessionEnd,
  SessionRecord,
} from '../record/record.js';
import type { RotationKeys, SessionId } from '../record/token.js';

export type * from '../record/record.js';

/** Changes to the application's fields. Unchanged fields are absent. */
export interface FieldChanges {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

/** The arguments for a new anonymous session. */
export interface CreateIntent {
  readonly id: SessionId;
  readonly timeouts: Timeouts;
  readonly persistent: boolean;
  readonly fields: ReadonlyMap<string, string>;
}

/** The arguments for a new ID of an existing session. Both IDs are in one shard. */
export interface RegenerateIntent {
  readonly from: SessionRecord;
  readonly to: SessionId;
  /** False to drop the application's fields. The user and both timeouts stay. */
  readonly keepData: boolean;
}

/** The arguments for a rotation of a session's token. */
export interface RotateIntent {
  readonly record: SessionRecord;
  /** The verifier of the token that the client holds. */
  readonly from: string;
  /** The verifier of its successor. */
  readonly to: string;
  readonly keys: RotationKeys;
}

/** The outcome of an increment. */
export type IncrementOutcome =
  | { readonly status: 'incremented'; readonly value: number }
  /** The field does not hold a whole number, or the sum is not a safe integer. */
  | { readonly status: 'not-a-number' }
  | { readonly status: 'gone' };

/** The outcome of a conditional write. */
export type CompareAndSetOutcome =
  | { readonly status: 'set' }
  /** The field holds another text than expected: `text`, or `null` if the field is absent. */
  | { readonly status: 'changed'; readonly text: string | null }
  | { readonly status: 'gone' };

/** The policy for a sign-in of a user who already has as many sessions as the limit allows. */
export type OnExceed = 'evict-oldest' | 'evict-idlest' | 'reject';

/** Identifies a sign-in, so that a repeated request is recognised as the same sign-in. */
export interface SignInSource {
  /** A digest of the token that the client sent. Only the holder of the token can compute it. */
  readonly digest: string;
  /** The nonce that derived the new session's token from that token. */
  readonly nonce: string;
  /** Time for which the store keeps both, in milliseconds. */
  readonly keptForMs: number;
}

/** The arguments of a sign-in, which creates or replaces a session, indexes it and enforces the limit in one step. */
export interface SignInIntent extends Origin {
  /** The ID of the new session, in the shard of its user. */
  readonly id: SessionId;
  readonly userId: string;
  readonly timeouts: Timeouts;
  readonly persistent: boolean;
  readonly limit: { readonly max: number | null; readonly onExceed: OnExceed };
  /**
   * The session in the same shard that the new one replaces: anonymous, or of the same user. With `keepData` the new
   * session inherits its fields, to which `changes` apply. The replaced session does not count towards the limit.
   */
  readonly replaces: { readonly id: SessionId; readonly keepData: boolean } | null;
  /** The creation time of the session in another shard that the new one continues; `null` for now. */
  readonly createdAt: number | null;
  /** The time of an earlier sign-in. Default: now. */
  readonly signedInAt?: number | undefined;
  /** The end of the session, by the store's clock. Default: `timeouts.absoluteMs` from now. */
  readonly absoluteEndAt?: number | undefined;
  /** The timeouts that this sign-in sets for its session alone. Default: none. */
  readonly own?: readonly OwnLifetime[] | undefined;
  readonly changes: FieldChanges;
  /**
   * Identifies a repetition of this sign-in. The store keeps the source with the new session. While the source is kept and
   * the session has its first ID and token, a sign-in of the same user with the same digest is a repetition, and changes
   * nothing. Without a source no sign-in is a repetition.
   */
  readonly source?: SignInSource | undefined;
}

/** The outcome of a sign-in. Only `signed-in` created a session. */
export type SignInOutcome =
  | {
      readonly status: 'signed-in';
      readonly record: SessionRecord;
      /** The evicted sessions. */
      readonly evicted: readonly SessionId[];
      /**
       * The time of the user's latest other sign-in, if the limit evicted sessions. For statistics; a store need not know it.
       */
      readonly latestOther?: number | undefined;
    }
  | {
      /** The client repeated its sign-in. The limit does not apply. */
      readonly status: 'again';
      /** The session that the first request created, as it is stored. */
      readonly record: SessionRecord;
      /** The nonce of the first request. */
      readonly nonce: string;
      /** The evicted sessions. Empty, unless the store evicts in several steps. */
      readonly evicted: readonly SessionId[];
    }
  | {
      readonly status: 'rejected';
      /**
       * The live sessions that fill the limit, without fields and rotation, latest sign-in first. A store may return the
       * first hundred alone. {@link SessionStore.revoke} can end each of them.
       */
      readonly live: readonly SessionRecord[];
    };

/** Options of {@link SessionStore.load}. A store without copies and deadlines may ignore all of them. */
export interface LoadOptions {
  /** True to read from the source and not from a copy. */
  readonly fresh?: boolean;
  /** The time by `performance.now()` at which the caller began to wait. A deadline counts from it. Default: now. */
  readonly waitingSince?: number | undefined;
  /**
   * Receives the end of an absent session from a store that reads both in one step. For other stores the session layer
   * calls {@link SessionStore.endOf}.
   */
  readonly onAbsent?: ((end: SessionEnd | null) => void) | undefined;
  /** A further ID under which the end may be stored: that of a rotated token, which differs from the session's. */
  readonly mark?: SessionId | undefined;
}

/** Options of {@link SessionStore.commit}. A store may ignore all of them. */
export interface CommitOptions {
  /**
   * True to leave the recorded activity as it is, because activity was recorded recently: a store keeps sessions longer than
   * their idle timeout by the time that may pass until it is recorded again.
   */
  readonly keepActivity?: boolean;
  /** Called if the fields were not those of the record, because another call has changed them since. For statistics. */
  readonly onNewer?: (() => void) | undefined;
}

/** An estimate of the live sessions of a store. */
export interface LiveEstimate {
  readonly sessions: number;
  /** Users with at least one live session. */
  readonly users: number;
  /** Half of the 95 % confidence interval of `sessions`, relative to it; 0 if all sessions were counted. */
  readonly error: number;
}

/**
 * Stores sessions. Each method is a complete operation on a session, such as a sign-in, and not a read or a write of a key,
 * because only the store can make the operation atomic.
 *
 * **Rules for every method**
 *
 * - **Absence.** A session that does not exist, has expired or cannot be read is absent. A method returns `null`, `false` or
 *   the status `gone` for an absent session, and never rejects because of it.
 * - **Failure.** If the system fails, a method rejects with a {@link SessionUnavailableError}, within a time that the store
 *   chooses. If a session would become too large, {@link create}, {@link commit}, {@link signIn} and the field operations
 *   reject with a {@link SessionSizeError} and change nothing.
 * - **No resurrection.** Only {@link create} and {@link signIn} create a session. A late call of any other method leaves an
 *   ended session ended.
 * - **Clocks.** Sessions end by the store's own clock: `idleWindowMs(idleMs)` after the last recorded activity, and at
 *   `absoluteEndAt` at the latest. A method that records activity also stores the idle timeout of the record that it receives.
 *
 * **Required, optional, and by capability**
 *
 * `DelegatingStore` adds a default for each optional method. A store offers a capability by having its methods:
 * {@link FieldOperations}, {@link TokenRotation}, {@link BulkRevocation}. If a capability is missing, an option that needs it
 * prevents the application from starting, and a call that needs it throws a `SessionUsageError` that names it.
 *
 * **Writing a store**
 *
 * `nestjs-redis-session/core` exports functions that compute the records on which all stores agree, and
 * `nestjs-redis-session/testing` a suite that checks a store.
 * `examples/sqlite-store` in the repository is a complete store over SQLite, and the guide `docs/guides/custom-stores.md`
 * explains it step by step.
 */
export interface SessionStore
  extends UserSessions, Partial<FieldOperations>, Partial<TokenRotation>, Partial<BulkRevocation> {
  /** The circuit breaker of a store that has one. */
  readonly breaker?: StoreBreaker | undefined;

  /**
   * The capabilities of the store. Default: those whose methods the store has. Only a store that wraps another one needs this
   * property.
   */
  readonly capabilities?: ReadonlySet<StoreCapability>;

  /** Returns the session with this ID; `null` if it is absent. Records no activity. */
  load(id: SessionId, options?: LoadOptions): Promise<SessionRecord | null>;

  /**
   * Returns a cached copy of a session without waiting; `null` if there is no valid copy, which says nothing about the session.
   * Default: no copies.
   */
  peek?(id: SessionId): SessionRecord | null;

  /** Returns true if a record that {@link load} returned is a cached copy, which may be outdated. Default: false. */
  isCopy?(record: SessionRecord): boolean;

  /**
   * Returns why and when a session ended; `null` if the store does not know. A store keeps this notice for a few minutes
   * after the end.
   */
  endOf(id: SessionId): Promise<SessionEnd | null>;

  /** Creates an anonymous session and returns it. Rejects with a `SessionUnavailableError` if the ID is in use. */
  create(intent: CreateIntent): Promise<SessionRecord>;

  /**
   * Applies changes to the fields and records activity. Drops the nonce of a rotation whose grace period has ended, if it
   * records activity.
   *
   * @returns false if the session is absent. Then nothing was written
   */
  commit(record: SessionRecord, changes: FieldChanges, options?: CommitOptions): Promise<boolean>;

  /** Records activity. Default: {@link commit} without changes. @returns false if the session is absent */
  touch?(record: SessionRecord): Promise<boolean>;

  /**
   * Moves a session to a new ID, with a new original token, and keeps the notice `replaced` for the old ID.
   *
   * @returns the session under its new ID; `null` if it is absent
   */
  regenerate(intent: RegenerateIntent): Promise<SessionRecord | null>;

  /**
   * Creates the session of a sign-in, ends the session that it replaces, and enforces the limit, in one atomic step: at no
   * moment may a user have more live sessions than the limit allows. Sessions that {@link load} cannot read do not count if
   * the policy is to reject, because the user could neither list nor end them.
   */
  signIn(intent: SignInIntent): Promise<SignInOutcome>;

  /**
   * Ends a session and keeps a notice of the end for {@link endOf}, even if the session is absent. A notice `replaced` is kept
   * instead of a later one, because late responses to the old token depend on it; see `isNoticeKept()`.
   *
   * @returns the session as it was; `null` if it is absent
   */
  destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null>;

  /**
   * Ends a session, even one that {@link load} cannot read. Keeps no notice of an absent session. Default: {@link load}
   * followed by {@link destroy}; a session that ends between the two gets the notice of the revocation.
   *
   * @param ownedBy the only user whose session may be ended; `null` for any user
   * @returns the session that was ended; `null` if there was none
   */
  revoke?(id: SessionId, notice: EndNotice, ownedBy: string | null): Promise<EndedSession | null>;

  /** Returns the time by the store's clock, as far as this process knows it. Used to decide whether a touch is due. */
  now(): number;

  /** Estimates the number of live sessions at a bounded cost, for metrics. Default: no estimate. */
  estimateLive?(): Promise<LiveEstimate>;

  /** Rejects if the store is unavailable. Default: {@link load} of an unused ID. */
  ping?(): Promise<void>;

  /** Closes the connections and timers that the store has opened. Default: nothing. */
  close?(): Promise<void>;
}

/** The methods of every store that concern all sessions of one user. */
export interface UserSessions {
  /** Returns the user's live sessions, without fields and rotation, latest sign-in first. Need not be atomic. */
  list(userId: string): Promise<SessionRecord[]>;

  /**
   * Ends all sessions of a user except one. A session that is created in the meantime may or may not be ended. Need not be
   * atomic, but from the first step on the remaining sessions reject writes and touches. If a later step fails,
   * `SessionUnavailableError.ended` holds the sessions that were ended.
   *
   * @param except the session to keep; `null` for none
   * @returns the IDs of the ended sessions
   */
  revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]>;
}

/** The capability to change one field atomically. */
export interface FieldOperations {
  /**
   * Replaces the text of a field and records activity, if the field holds the expected text.
   *
   * @param expected the expected text; `null` if the field must be absent
   * @param next the new text; `null` to remove the field
   */
  compareAndSet(
    record: SessionRecord,
    field: string,
    expected: string | null,
    next: string | null,
  ): Promise<CompareAndSetOutcome>;

  /**
   * Adds to a field that holds a whole number, and records activity. An absent field counts as 0. Default: a loop of
   * {@link compareAndSet}.
   */
  increment?(record: SessionRecord, field: string, by: number): Promise<IncrementOutcome>;
}

/** The capability to exchange the token of a session on a timer. */
export interface TokenRotation {
  /**
   * Exchanges the token of a session if `from` is the verifier of its current token and the grace period of the previous
   * token has ended. The exchanged token stays valid until {@link confirmRotation} starts its grace period. In any other case
   * nothing changes, so that concurrent requests get the same successor; see `rotatedBy()`. The current token of a session
   * that was never rotated has the verifier `handleOf(record.id)`.
   *
   * @returns the rotation after the call; `null` if the session is absent
   */
  rotate(intent: RotateIntent): Promise<Rotation | null>;

  /**
   * Starts the grace period of the previous token, because a request has presented the current one. The grace period never
   * extends the validity of the previous token; see `confirmedRotation()`.
   */
  confirmRotation(record: SessionRecord, graceMs: number): Promise<void>;
}

/** The capability to end the sessions of all users. */
export interface BulkRevocation {
  /**
   * Ends the selected sessions of all users, and the selected anonymous ones. Every selected session that is live at the call
   * has ended when the call returns, even if its token or its ID changes in the meantime. A session that is created in the
   * meantime may or may not be ended, unless it is not selected. Need not be atomic.
   *
   * @param onEnded called with each batch of ended sessions, including those that were ended before a failure
   */
  revokeEveryone(
    notice: EndNotice,
    selection: BulkSelection,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void>;
}

/** The sessions that a {@link BulkRevocation} ends: those that match both members. */
export interface BulkSelection {
  /** The session to keep; `null` for none. */
  readonly except: SessionId | null;
  /**
   * The time before which a session must have begun, in milliseconds since 1970 by the store's clock; `null` for any time. A
   * user's session begins with its sign-in, an anonymous one with its creation; see `isSelected()`. A session that
   * {@link SessionStore.load} cannot read has begun before any time.
   */
  readonly signedInBefore: number | null;
}

/** A group of methods that a {@link SessionStore} may offer in addition to the required ones. */
export type StoreCapability = 'field-operations' | 'token-rotation' | 'bulk-revocation';

/** A store with every method, as the session layer calls it. {@link completeStore} completes any store. */
export type CompleteStore = SessionStore &
  Required<Omit<SessionStore, 'breaker' | 'capabilities' | 'isCopy' | 'peek' | 'estimateLive'>>;

/** The name of an asynchronous method of a store, except `close`. */
export type StoreOperation = Exclude<
  keyof SessionStore,
  'breaker' | 'capabilities' | 'isCopy' | 'peek' | 'estimateLive' | 'now' | 'close'
>;

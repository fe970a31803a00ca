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

/** Changes to the application's fields. Fields without a change are not named. */
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

/** The arguments for a new id of an existing session. Both ids lie in one shard. */
export interface RegenerateIntent {
  readonly from: SessionRecord;
  readonly to: SessionId;
  /** `false` drops the application's fields; the user and both timeouts stay. */
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
  /** The field does not hold a whole number, or would leave the range of safe integers. */
  | { readonly status: 'not-a-number' }
  | { readonly status: 'gone' };

/** The outcome of a conditional write. */
export type CompareAndSetOutcome =
  | { readonly status: 'set' }
  /** The field does not hold the expected text but this one; `null`: it is absent. */
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
  /** How long the store keeps both, in milliseconds. */
  readonly keptForMs: number;
}

/** The arguments of a sign-in, which creates or replaces a session, indexes it and enforces the limit in one step. */
export interface SignInIntent extends Origin {
  /** The id of the new session, in the shard of its user. */
  readonly id: SessionId;
  readonly userId: string;
  readonly timeouts: Timeouts;
  readonly persistent: boolean;
  readonly limit: { readonly max: number | null; readonly onExceed: OnExceed };
  /**
   * A session in the same shard that this one replaces: anonymous, or of the same user. With `keepData` its fields are
   * carried over, and `changes` apply to them. It does not count towards the limit.
   */
  readonly replaces: { readonly id: SessionId; readonly keepData: boolean } | null;
  /** The creation time of the session that this one continues from another shard; `null`: now. */
  readonly createdAt: number | null;
  /** The time of the sign-in, if it was earlier; absent: now. */
  readonly signedInAt?: number | undefined;
  /** The end of the session, by the store's clock; absent: after `timeouts.absoluteMs`. */
  readonly absoluteEndAt?: number | undefined;
  /** The timeouts that this sign-in sets for its session alone; absent: none. */
  readonly own?: readonly OwnLifetime[] | undefined;
  readonly changes: FieldChanges;
  /**
   * The source that the store keeps with the new session. While it is kept, and the session lives under its first id and
   * token, a sign-in of the same user with the same digest is a repetition and changes nothing. Absent: the sign-in is
   * never a repetition.
   */
  readonly source?: SignInSource | undefined;
}

/** The outcome of a sign-in. Only `signed-in` has begun a session. */
export type SignInOutcome =
  | {
      readonly status: 'signed-in';
      readonly record: SessionRecord;
      /** The sessions that were evicted. */
      readonly evicted: readonly SessionId[];
    }
  | {
      /** The client has sent its sign-in twice. The limit does not apply. */
      readonly status: 'again';
      /** The session that the first request began, as it is stored. */
      readonly record: SessionRecord;
      /** The nonce of the first request. */
      readonly nonce: string;
      /** The sessions that were evicted, by a store that evicts in several steps; else none. */
      readonly evicted: readonly SessionId[];
    }
  | {
      readonly status: 'rejected';
      /**
       * The live sessions that fill the limit, without fields and rotation, latest sign-in first. If there are many, only
       * the first hundred or more. {@link SessionStore.revoke} can end each.
       */
      readonly live: readonly SessionRecord[];
    };

/** Options of {@link SessionStore.load}. A store without copies and without a deadline ignores all of them. */
export interface LoadOptions {
  /** True if the store must read from its source and not from a copy. */
  readonly fresh?: boolean;
  /** The start of the caller's wait, by `performance.now()`, from which a deadline counts; absent: now. */
  readonly waitingSince?: number | undefined;
  /**
   * Called with the end of the session if there is no session, by a store that reads both in one step. A store that never
   * calls it is queried by {@link SessionStore.endOf}.
   */
  readonly onAbsent?: ((end: SessionEnd | null) => void) | undefined;
  /** Another id under which the end may be noted: that of the token, if it differs from the session's. */
  readonly mark?: SessionId | undefined;
}

/**
 * A place where sessions are kept. Its methods are intents of a session layer and not get and set, because each must be
 * atomic and only the store can make it so.
 *
 * - **Absence.** A session that is absent, expired or malformed is `null` (or `false`, or `gone`), always. A store
 *   rejects only if the system fails, with a {@link SessionUnavailableError} within a time of its choosing, or if a
 *   create, a write or a sign-in would make a session too large, with a {@link SessionSizeError}, having changed nothing.
 * - **No resurrection.** Only {@link create} and {@link signIn} make a session exist. Any other method that comes late
 *   finds nothing and changes nothing.
 * - **Clocks.** The store's own clock ends sessions. A session lives for `idleWindowMs(idleMs)` after its last recorded
 *   activity, and never past `absoluteEndAt`. A method that records activity takes a record, and stores the idle timeout
 *   of that record.
 *
 * These methods are what every store has. Those marked optional have a default, which {@link DelegatingStore} adds. More
 * can be offered by capability: {@link FieldOperations}, {@link TokenRotation} and {@link BulkRevocation}. Without one, options that need it stop the start, and calls that need it throw a
 * `SessionUsageError` that names it.
 *
 * The functions of `store-rules.ts`, exported by `nestjs-redis-session/core`, compute what all stores must agree on. The
 * suite in `nestjs-redis-session/testing` checks a store. `MemoryStore` is a complete store to read.
 */
export interface SessionStore
  extends UserSessions, Partial<FieldOperations>, Partial<TokenRotation>, Partial<BulkRevocation> {
  /** The circuit breaker of a store that has one. */
  readonly breaker?: StoreBreaker | undefined;

  /**
   * The capabilities that the store offers. Only a store that wraps another needs this property; by default a store
   * offers the capabilities whose methods it has.
   */
  readonly capabilities?: ReadonlySet<StoreCapability>;

  /** Should return the session, or `null` if there is none. Should not record activity. */
  load(id: SessionId, options?: LoadOptions): Promise<SessionRecord | null>;

  /** Should return true if a record returned by {@link load} is a copy, which may be behind the store. Default: never. */
  isCopy?(record: SessionRecord): boolean;

  /** Should return why a session ended, for a few minutes after its end, or `null` if the store does not know. */
  endOf(id: SessionId): Promise<SessionEnd | null>;

  /** Should create an anonymous session. Should reject with a {@link SessionUnavailableError} if the id is taken. */
  create(intent: CreateIntent): Promise<SessionRecord>;

  /**
   * Should apply changes to the fields and record activity. If the grace of a rotation is over, recording activity drops
   * its nonce. Should return `false`, having written nothing, if there is no session.
   */
  commit(record: SessionRecord, changes: FieldChanges): Promise<boolean>;

  /** Should record activity, and return `false` if there is no session. Default: {@link commit} without changes. */
  touch?(record: SessionRecord): Promise<boolean>;

  /**
   * Should give the session a new id and original token, and note the end of the old id as `replaced`. Should return
   * `null` if there is no session.
   */
  regenerate(intent: RegenerateIntent): Promise<SessionRecord | null>;

  /**
   * Should sign a user in. At no moment may a user have more live sessions than the limit. If the limit rejects, sessions
   * that {@link load} cannot read do not count, because nobody could list and end them.
   */
  signIn(intent: SignInIntent): Promise<SignInOutcome>;

  /**
   * Should end a session and return what it last held. Should return `null` if there was none; the notice is left anyway,
   * unless a notice that says `replaced` exists: late answers to the old token depend on it.
   */
  destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null>;

  /**
   * Should end a session, even one that {@link load} cannot read, and leave nothing if there is none. Default:
   * {@link load} followed by {@link destroy}; then a session that ends in between gets the notice of the revocation.
   *
   * @param ownedBy ends the session only if it is this user's; `null`: regardless of its user
   * @returns `null` if there was none
   */
  revoke?(id: SessionId, notice: EndNotice, ownedBy: string | null): Promise<EndedSession | null>;

  /** Should return the store's clock as far as this process knows it. Decides only whether a touch is due. */
  now(): number;

  /** Should reject if the store cannot be reached. Default: {@link load} of an unused id. */
  ping?(): Promise<void>;

  /** Should release what the store itself opened: connections, timers. Default: nothing. */
  close?(): Promise<void>;
}

/** The sessions of one user. Every store has these methods. */
export interface UserSessions {
  /** Should return the user's live sessions without fields and rotation, latest sign-in first. Need not be atomic. */
  list(userId: string): Promise<SessionRecord[]>;

  /**
   * Should end all sessions of a user but one, and return the ids of those it ended. A session that begins meanwhile may
   * or may not be ended. Need not be atomic; but from its first step on, no session that it is about to end may be
   * written to or kept alive. If it fails later, {@link SessionUnavailableError.ended} names those that it had ended.
   */
  revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]>;
}

/** The capability to change one field atomically. */
export interface FieldOperations {
  /**
   * Should set a field if it still holds the expected text, and record activity.
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

  /**
   * Should add to a field that holds a whole number, starting at 0 if it is absent, and record activity. Default: a loop
   * of {@link compareAndSet}.
   */
  increment?(record: SessionRecord, field: string, by: number): Promise<IncrementOutcome>;
}

/** The capability to exchange the token of a session on a timer. */
export interface TokenRotation {
  /**
   * Should exchange the token of a session, if `from` is its current token and the grace of the previous one is over; then
   * `from` stays valid until {@link confirmRotation}. Otherwise should change nothing, so that parallel requests agree.
   * The current token of a session that was never rotated has the verifier `handleOf(record.id)`.
   *
   * @returns the tokens as they are now; `null` if there is no session
   */
  rotate(intent: RotateIntent): Promise<Rotation | null>;

  /**
   * Should note that a request has shown the current token: from then on the previous one is valid for the grace only, in
   * milliseconds, and not for longer than it would have been otherwise.
   */
  confirmRotation(record: SessionRecord, graceMs: number): Promise<void>;
}

/** The capability to end the sessions of all users. */
export interface BulkRevocation {
  /**
   * Should end all sessions but one, anonymous ones included. Each session that lives at the call has ended when it
   * returns, even if its token or its id was exchanged meanwhile; a session that begins meanwhile may or may not be
   * ended. Need not be atomic.
   *
   * @param onEnded called with the ended sessions, repeatedly, also with those before a failure
   */
  revokeEveryone(
    notice: EndNotice,
    except: SessionId | null,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void>;
}

/** What a store may offer beside the methods of every {@link SessionStore}. */
export type StoreCapability = 'field-operations' | 'token-rotation' | 'bulk-revocation';

/** A store with every method, as the session layer calls it. {@link completeStore} makes one of any store. */
export type CompleteStore = SessionStore &
  Required<Omit<SessionStore, 'breaker' | 'capabilities' | 'isCopy'>>;

/** The methods of a store that take time. */
export type StoreOperation = Exclude<
  keyof SessionStore,
  'breaker' | 'capabilities' | 'isCopy' | 'now' | 'close'
>;

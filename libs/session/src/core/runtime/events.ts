import type { Clock } from './clock.js';
import type { FieldProblem } from '../errors/errors.js';
import type { EndReason, Origin, RecordProblem } from '../store/store.js';
import type { SessionId } from '../record/token.js';

/** The reason that a request was taken for a forgery: its source, or its token. */
export type CsrfReason = 'cross-origin' | 'csrf-token-missing' | 'csrf-token-invalid';

/** The events and their payloads. No event ever carries a token. */
export interface SessionEventMap {
  /** A user signed in. */
  'signed-in': Origin & {
    readonly sessionId: SessionId;
    readonly userId: string;
    /** The session that this one replaced. */
    readonly previousId: SessionId | null;
    readonly evicted: readonly SessionId[];
  };
  /** A user ended the session of the request. */
  'signed-out': { readonly sessionId: SessionId; readonly userId: string };
  /** The application ended an anonymous session. */
  destroyed: { readonly sessionId: SessionId };
  /** A session received a new token and ID. */
  regenerated: {
    readonly sessionId: SessionId;
    readonly previousId: SessionId;
    readonly userId: string | null;
  };
  /** A session received a new token because the rotation was due. */
  rotated: { readonly sessionId: SessionId; readonly userId: string | null };
  /** A token was used after its grace period: a browser was restored from a backup, or the cookie was stolen. */
  'token-reused': Origin & {
    readonly sessionId: SessionId;
    readonly userId: string | null;
    /** True if the session was ended for that reason. */
    readonly isRevoked: boolean;
  };
  /** A session was ended because a newer sign-in exceeded the limit. */
  evicted: {
    readonly sessionId: SessionId;
    readonly userId: string;
    readonly by: Origin & { readonly sessionId: SessionId };
  };
  /**
   * A user reached the safety bound, which applies without a limit, so the oldest session was evicted. A client signs in
   * repeatedly, or a script signs in and never out.
   */
  'many-sessions': Origin & {
    /** The session of the sign-in that exceeded the bound. */
    readonly sessionId: SessionId;
    readonly userId: string;
    readonly max: number;
  };
  /** Another session, an administrator or the application ended a session. */
  revoked: { readonly sessionId: SessionId; readonly userId: string | null };
  /** A sign-in was rejected because the limit was reached. */
  rejected: Origin & {
    readonly userId: string;
    readonly max: number;
    readonly live: readonly SessionId[];
  };
  /** A stored field is unreadable or breaks the rules of the data class, so it reads as absent. */
  'invalid-data': { readonly sessionId: SessionId } & FieldProblem;
  /** A value was stored in its JSON form, which reads differently: a date as a string, an instance as a plain object. */
  'value-converted': {
    readonly sessionId: SessionId;
    readonly field: string;
    /** The path of the first such value in the field, such as `cart.items[2].addedAt`. */
    readonly path: string;
    /** A description of the value before the conversion. */
    readonly received: string;
    /** The value to store instead, as a sentence. */
    readonly remedy: string;
  };
  /** A session was written whose size exceeds the warning limit, but not the maximum. */
  'large-session': { readonly sessionId: SessionId; readonly bytes: number };
  /** The record stored under a session's ID cannot be used, so there is no session. The record is left untouched. */
  'unusable-record': { readonly sessionId: SessionId; readonly problem: RecordProblem };
  /** A request tried to write to a session that had ended in the meantime. */
  'write-refused': { readonly sessionId: SessionId; readonly reason: EndReason };
  /**
   * A request had cookies of several sessions, or of one among more than are looked up, and was treated as anonymous.
   */
  'ambiguous-cookie': {
    readonly sessionIds: readonly SessionId[];
    /** Number of different well-formed session cookies. */
    readonly cookies: number;
  };
  /** `SessionCsrfGuard` rejected a request that a page of another origin sent, or that lacks its token. */
  'csrf-refused': Origin & {
    readonly reason: CsrfReason;
    /** The `Origin` or `Referer` header, as the client sent it. */
    readonly source: string | null;
  };
  /**
   * The function of the option `idle` failed, or returned no timeout, when activity was recorded. The session keeps its timeout.
   */
  'timeout-failed': { readonly sessionId: SessionId; readonly userId: string | null; readonly error: Error };
  /**
   * A request had an unknown session cookie: its session expired or never existed. Emitted for the first such request, and
   * then at most every ten seconds.
   */
  'unknown-token': Origin & {
    /** Number of unknown tokens since the last event. */
    readonly count: number;
  };
  /**
   * The in-process cache is bypassed for the sessions of one server: its copies were dropped, and each request queries Redis.
   */
  'cache-bypassed': {
    /** The server's address, as far as it is known. */
    readonly server: string;
    readonly reason: string;
  };
  /** The in-process cache is in use again, for the sessions of one server. */
  'cache-restored': { readonly server: string };
  /** The store failed, but the request continued without it. */
  'store-failed': { readonly operation: string; readonly error: Error };
  /** The store has failed repeatedly. Until it recovers, calls fail at once. */
  'store-down': { readonly error: Error | null };
  /** The store has recovered. */
  'store-up': { readonly downForMs: number };
  /** A session was ended, but too few replicas confirmed it in time. A failover now could restore the session. */
  'not-replicated': {
    readonly operation: string;
    readonly wanted: number;
    readonly confirmed: number;
    /** The error that prevented the count of the replicas; `null` if there was none. */
    readonly error: Error | null;
  };
}

export type SessionEventType = keyof SessionEventMap;

/** One event: its type, the time by the application's clock, and its payload. */
export type SessionEvent<T extends SessionEventType = SessionEventType> = {
  readonly [Type in T]: { readonly type: Type; readonly at: number } & SessionEventMap[Type];
}[T];

export type SessionEventListener<T extends SessionEventType> = (event: SessionEvent<T>) => unknown;

/**
 * Emits events of sessions. Listeners run after the operation, in a later turn of the event loop, and are not awaited: they
 * can neither fail nor delay the operation.
 */
export class SessionEvents {
  private readonly counts = new Map<SessionEventType, number>();
  private readonly listeners = new Map<SessionEventType | '*', Set<SessionEventListener<SessionEventType>>>();

  constructor(
    private readonly clock: Clock,
    /** Called with the error of a listener that threw or rejected. */
    private readonly onListenerError: (type: SessionEventType, error: unknown) => void,
  ) {}

  /**
   * Calls the listener for each event of a type, or of every type with `'*'`.
   *
   * @returns a function that ends the subscription
   */
  on<T extends SessionEventType>(type: T, listener: SessionEventListener<T>): () => void;
  on(type: '*', listener: SessionEventListener<SessionEventType>): () => void;
  on(type: SessionEventType | '*', listener: SessionEventListener<never>): () => void {
    const registered = listener as SessionEventListener<SessionEventType>;
    const listeners = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, listeners.add(registered));
    return () => void listeners.delete(registered);
  }

  /** Returns the number of events of a type since the start, whether anything listens or not. */
  countOf(type: SessionEventType): number {
    return this.counts.get(type) ?? 0;
  }

  /** @internal */
  emit<T extends SessionEventType>(type: T, details: SessionEventMap[T]): void {
    this.counts.set(type, this.countOf(type) + 1);
    const ofType = this.listeners.get(type);
    const ofAll = this.listeners.get('*');
    if (!ofType?.size && !ofAll?.size) return;
    const event = Object.freeze({ type, at: this.clock.now(), ...details }) as unknown as SessionEvent;
    if (ofType) this.schedule(ofType, event);
    if (ofAll) this.schedule(ofAll, event);
  }

  private schedule(
    listeners: ReadonlySet<SessionEventListener<SessionEventType>>,
    event: SessionEvent,
  ): void {
    for (const listener of listeners) setImmediate(() => this.call(listener, event));
  }

  private call(listener: SessionEventListener<SessionEventType>, event: SessionEvent): void {
    try {
      Promise.resolve(listener(event)).catch((error: unknown) => this.onListenerError(event.type, error));
    } catch (error) {
      this.onListenerError(event.type, error);
    }
  }
}

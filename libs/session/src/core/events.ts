import type { Clock } from './clock.js';
import type { FieldProblem } from './errors.js';
import type { EndReason, Origin, RecordProblem } from './store.js';
import type { SessionId } from './token.js';

/** What can be listened to, and what a listener is told. No event ever carries a token. */
export interface SessionEventMap {
  /** Someone signed in. */
  'signed-in': Origin & {
    readonly sessionId: SessionId;
    readonly userId: string;
    /** The session that this one replaced. */
    readonly previousId: SessionId | null;
    readonly evicted: readonly SessionId[];
  };
  /** A user ended the session that the request came with. */
  'signed-out': { readonly sessionId: SessionId; readonly userId: string };
  /** The application ended a session that nobody was signed in to. */
  destroyed: { readonly sessionId: SessionId };
  /** A session has a new token and id. */
  regenerated: {
    readonly sessionId: SessionId;
    readonly previousId: SessionId;
    readonly userId: string | null;
  };
  /** A session has a new token, by the timer. */
  rotated: { readonly sessionId: SessionId; readonly userId: string | null };
  /**
   * A token was used long after it had been exchanged for another: either a browser was restored from a backup, or
   * somebody has a stolen cookie.
   */
  'token-reused': Origin & {
    readonly sessionId: SessionId;
    readonly userId: string | null;
    /** Whether the session was ended because of it. */
    readonly isRevoked: boolean;
  };
  /** A session made room for a newer sign-in. */
  evicted: {
    readonly sessionId: SessionId;
    readonly userId: string;
    readonly by: Origin & { readonly sessionId: SessionId };
  };
  /**
   * A user has as many sessions as the bound allows that holds where no limit is set, so the oldest made room: somebody
   * signs in over and over, or a script signs in and never out.
   */
  'many-sessions': Origin & {
    /** The session that needed the room. */
    readonly sessionId: SessionId;
    readonly userId: string;
    readonly max: number;
  };
  /** A session was ended from elsewhere. */
  revoked: { readonly sessionId: SessionId; readonly userId: string | null };
  /** A sign-in was refused because the limit is reached. */
  rejected: Origin & {
    readonly userId: string;
    readonly max: number;
    readonly live: readonly SessionId[];
  };
  /** A stored field was unreadable or broke the rules of the data class, and was left out. */
  'invalid-data': { readonly sessionId: SessionId } & FieldProblem;
  /** A value was stored as JSON has it, and comes back in another form: a date as a text, an instance as a plain object. */
  'value-converted': {
    readonly sessionId: SessionId;
    readonly field: string;
    /** The first place in the field where that is so, such as `cart.items[2].addedAt`. */
    readonly path: string;
    /** What was there. */
    readonly received: string;
    /** What to store instead, as a sentence. */
    readonly remedy: string;
  };
  /** A session was written that holds more than it should, though not more than it may. */
  'large-session': { readonly sessionId: SessionId; readonly bytes: number };
  /** What is stored under a session's id cannot be used, so there is no session. It is let be. */
  'unusable-record': { readonly sessionId: SessionId; readonly problem: RecordProblem };
  /** A request wanted to write to a session that had ended meanwhile. */
  'write-refused': { readonly sessionId: SessionId; readonly reason: EndReason };
  /**
   * A request came with cookies of several sessions, or with that of one among more than are looked at, and was treated
   * as anonymous.
   */
  'ambiguous-cookie': {
    readonly sessionIds: readonly SessionId[];
    /** How many different session cookies of the right form there were. */
    readonly cookies: number;
  };
  /**
   * The function of the option `idle` failed, or gave no timeout, when activity was to be recorded. The session keeps the
   * timeout that it has.
   */
  'timeout-failed': { readonly sessionId: SessionId; readonly userId: string | null; readonly error: Error };
  /**
   * A request came with a session cookie of which nothing is known: its session expired, or there never was one. Reported
   * at the first, and then at most once in ten seconds, with how many there were.
   */
  'unknown-token': Origin & {
    /** How many there were since the last report. */
    readonly count: number;
  };
  /** The in-process cache is out of use, for the sessions of one server: it was emptied, and Redis is asked each time. */
  'cache-bypassed': {
    /** The server's address, as far as it is known. */
    readonly server: string;
    readonly reason: string;
  };
  /** The in-process cache is in use again, for the sessions of one server. */
  'cache-restored': { readonly server: string };
  /** The store failed where the request could go on without it. */
  'store-failed': { readonly operation: string; readonly error: Error };
  /** The store has failed again and again. Until it is back, it is not asked and calls fail at once. */
  'store-down': { readonly error: Error | null };
  /** The store is back. */
  'store-up': { readonly downForMs: number };
  /** A session was ended, but too few replicas have confirmed it in time. A failover now could bring it back. */
  'not-replicated': {
    readonly operation: string;
    readonly wanted: number;
    readonly confirmed: number;
    /** Why Redis did not say how many have confirmed it; `null`: it did. */
    readonly error: Error | null;
  };
}

export type SessionEventType = keyof SessionEventMap;

/** One event: its type, when it happened by the application's clock, and what is known of it. */
export type SessionEvent<T extends SessionEventType = SessionEventType> = {
  readonly [Type in T]: { readonly type: Type; readonly at: number } & SessionEventMap[Type];
}[T];

export type SessionEventListener<T extends SessionEventType> = (event: SessionEvent<T>) => unknown;

/**
 * Tells listeners what happens to sessions. A listener runs after the operation, on a turn of its own, and is not
 * waited for: it can neither fail the operation nor hold it up.
 */
export class SessionEvents {
  private readonly listeners = new Map<SessionEventType | '*', Set<SessionEventListener<SessionEventType>>>();

  constructor(
    private readonly clock: Clock,
    /** Told of a listener that threw or rejected. */
    private readonly onListenerError: (type: SessionEventType, error: unknown) => void,
  ) {}

  /**
   * Calls the listener for each event of a type, or of every type with `'*'`.
   *
   * @returns a function that ends it
   */
  on<T extends SessionEventType>(type: T, listener: SessionEventListener<T>): () => void;
  on(type: '*', listener: SessionEventListener<SessionEventType>): () => void;
  on(type: SessionEventType | '*', listener: SessionEventListener<never>): () => void {
    const registered = listener as SessionEventListener<SessionEventType>;
    const listeners = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, listeners.add(registered));
    return () => void listeners.delete(registered);
  }

  /** @internal */
  emit<T extends SessionEventType>(type: T, details: SessionEventMap[T]): void {
    const event = Object.freeze({ type, at: this.clock.now(), ...details }) as unknown as SessionEvent;
    for (const key of [type, '*'] as const) {
      for (const listener of this.listeners.get(key) ?? []) setImmediate(() => this.call(listener, event));
    }
  }

  private call(listener: SessionEventListener<SessionEventType>, event: SessionEvent): void {
    try {
      Promise.resolve(listener(event)).catch((error: unknown) => this.onListenerError(event.type, error));
    } catch (error) {
      this.onListenerError(event.type, error);
    }
  }
}

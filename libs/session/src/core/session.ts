import type { SessionContext } from './context.js';
import { SessionUsageError } from './errors.js';
import { METHOD_NAMES, PROTOTYPE_NAMES, reservedNameError } from './field-names.js';

/**
 * The application's fields of a session. Empty here: an application declares its own by declaration merging.
 *
 * @example
 * declare module 'nestjs-redis-session' {
 *   interface SessionData { cart: string[] }
 * }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface SessionData {}

/** Called when an operation has ended, with what went wrong if anything did. */
export type SessionCallback = (error?: unknown) => void;

/** What to keep when a session gets a new token. */
export interface RegenerateOptions {
  /**
   * Whether the application's fields stay.
   *
   * @defaultValue true
   */
  readonly keepData?: boolean;
}

/** What a session can do beside holding the application's fields. None of these can be overwritten. */
export interface SessionMethods {
  /** The public id. Safe to show and to log; it cannot be used as a cookie. */
  readonly id: string;

  /**
   * Gives the session a new token and id; the old token dies at once. Who is signed in and both clocks stay.
   *
   * @throws SessionEndedError when the session has ended meanwhile
   */
  regenerate(options?: RegenerateOptions): Promise<void>;
  /**
   * As middleware written for express-session expects it: the old session ends, and `req.session` is a new, empty
   * and anonymous one when the callback is called.
   */
  regenerate(callback: SessionCallback): void;

  /** Ends the session. `req.session` is a new, empty and anonymous one afterwards. */
  destroy(): Promise<void>;
  destroy(callback: SessionCallback): void;

  /**
   * Writes what has changed, now. Not needed at the end of a request, which does it before the response leaves.
   *
   * @throws SessionEndedError when the session has ended meanwhile
   * @throws SessionValueError when a value cannot be stored without damage
   * @throws SessionDataError when a field breaks the rules of the data class
   */
  save(): Promise<void>;
  save(callback: SessionCallback): void;

  /**
   * Reads the session again and forgets unsaved changes.
   *
   * @throws SessionEndedError when the session has ended meanwhile
   */
  reload(): Promise<void>;
  reload(callback: SessionCallback): void;

  /**
   * Records activity now, without waiting until it is due.
   *
   * @throws SessionEndedError when the session has ended meanwhile
   */
  touch(): Promise<void>;
  touch(callback: SessionCallback): void;
}

/**
 * A session as a request handler sees it: the application's fields as plain properties, any of which may be absent,
 * and {@link SessionMethods}.
 */
export type Session<Data extends object = SessionData> = Partial<Data> & SessionMethods;

/** The object behind {@link Session}. Its own properties are the application's fields and nothing else. */
export class SessionObject implements SessionMethods {
  readonly #context: SessionContext;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** @internal */
  static contextOf(session: object): SessionContext | null {
    return #context in session ? session.#context : null;
  }

  get id(): string {
    return this.#context.id;
  }

  regenerate(options?: RegenerateOptions): Promise<void>;
  regenerate(callback: SessionCallback): void;
  regenerate(argument?: RegenerateOptions | SessionCallback): Promise<void> | void {
    if (typeof argument === 'function') return this.#run((context) => context.startOver(), argument);
    return this.#run((context) => context.regenerate(argument?.keepData ?? true));
  }

  destroy(): Promise<void>;
  destroy(callback: SessionCallback): void;
  destroy(callback?: SessionCallback): Promise<void> | void {
    return this.#run((context) => context.destroy(), callback);
  }

  save(): Promise<void>;
  save(callback: SessionCallback): void;
  save(callback?: SessionCallback): Promise<void> | void {
    return this.#run((context) => context.save(), callback);
  }

  reload(): Promise<void>;
  reload(callback: SessionCallback): void;
  reload(callback?: SessionCallback): Promise<void> | void {
    return this.#run((context) => context.reload(), callback);
  }

  touch(): Promise<void>;
  touch(callback: SessionCallback): void;
  touch(callback?: SessionCallback): Promise<void> | void {
    return this.#run((context) => context.touch(), callback);
  }

  /** Callers give a callback, or wait for the promise. */
  #run(
    operation: (context: SessionContext) => Promise<void>,
    callback?: SessionCallback,
  ): Promise<void> | void {
    const outcome = this.#isCurrent() ? operation(this.#context) : Promise.reject(pastSessionError());
    if (!callback) return outcome;
    outcome.then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  #isCurrent(): boolean {
    return this.#context.session === (this as SessionObject);
  }
}

function pastSessionError(): SessionUsageError {
  return new SessionUsageError(
    'This session object is of the past: its session was destroyed or started over. ' +
      'Use req.session, which is the current one.',
  );
}

/**
 * Makes the methods read-only for everybody. A plain assignment to a method would shadow it, and one to `__proto__`
 * would replace the prototype; passport copies the properties of one session onto another by assignment.
 */
function sealPrototype(prototype: object): void {
  for (const name of [...METHOD_NAMES, ...PROTOTYPE_NAMES]) {
    const { value, get } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
    Object.defineProperty(prototype, name, {
      enumerable: false,
      configurable: false,
      get: get ?? (() => value as unknown),
      set: () => {
        throw reservedNameError(name);
      },
    });
  }
  Object.freeze(prototype);
}

sealPrototype(SessionObject.prototype);

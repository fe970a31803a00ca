import { SessionUsageError } from './errors.js';
import { METHOD_NAMES, PROTOTYPE_NAMES, reservedNameError } from './field-names.js';
import { LazyObject } from './lazy-object.js';

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

/** The fields of the application's data that hold numbers. */
export type NumericField<Data extends object> = {
  [Field in keyof Data & string]: NonNullable<Data[Field]> extends number ? Field : never;
}[keyof Data & string];

/** What a session can do beside holding the application's fields. None of these can be overwritten. */
export interface SessionMethods<Data extends object = SessionData> {
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

  /**
   * Adds to a field that holds a whole number and begins at 0, at once and in one step of the store: of a hundred
   * parallel additions none is lost. Other changes are saved before.
   *
   * @returns the sum
   * @throws SessionValueError when the field holds something else
   * @throws SessionEndedError when the session has ended meanwhile
   */
  increment(field: NumericField<Data>, by?: number): Promise<number>;

  /**
   * Replaces a field by a function of its present value, at once. When another request has changed the field
   * meanwhile, the function runs again with the new value, so it must have no other effects. Other changes are saved
   * before.
   *
   * @param change gets `undefined` where the field is absent, and removes the field by giving `undefined`
   * @returns the value that was stored
   * @throws SessionConflictError (409) when others kept changing the field
   * @throws SessionEndedError when the session has ended meanwhile
   */
  update<Field extends keyof Data & string>(
    field: Field,
    change: (value: Data[Field] | undefined) => Data[Field] | undefined | Promise<Data[Field] | undefined>,
  ): Promise<Data[Field] | undefined>;
}

/**
 * A session as a request handler sees it: the application's fields as plain properties, any of which may be absent,
 * and {@link SessionMethods}.
 */
export type Session<Data extends object = SessionData> = Partial<Data> & SessionMethods<Data>;

/** What carries out what is asked of a session object. */
export interface SessionOperations {
  readonly id: string;
  /** The session object in force. */
  readonly session: SessionObject;
  regenerate(keepData: boolean): Promise<void>;
  startOver(): Promise<void>;
  destroy(): Promise<void>;
  save(): Promise<void>;
  reload(): Promise<void>;
  touch(): Promise<void>;
  increment(field: string, by: number): Promise<number>;
  update(field: string, change: (value: unknown) => unknown): Promise<unknown>;
}

/** The object behind {@link Session}. Its own properties are the application's fields and nothing else. */
export class SessionObject extends LazyObject implements SessionMethods<Record<string, unknown>> {
  readonly #operations: SessionOperations;

  constructor(operations: SessionOperations) {
    super();
    this.#operations = operations;
  }

  /** @internal */
  static operationsOf(session: object): SessionOperations | null {
    return #operations in session ? session.#operations : null;
  }

  get id(): string {
    return this.#operations.id;
  }

  regenerate(options?: RegenerateOptions): Promise<void>;
  regenerate(callback: SessionCallback): void;
  regenerate(argument?: RegenerateOptions | SessionCallback): Promise<void> | void {
    if (typeof argument === 'function') return this.#run((operations) => operations.startOver(), argument);
    return this.#run((operations) => operations.regenerate(argument?.keepData ?? true));
  }

  destroy(): Promise<void>;
  destroy(callback: SessionCallback): void;
  destroy(callback?: SessionCallback): Promise<void> | void {
    return this.#run((operations) => operations.destroy(), callback);
  }

  save(): Promise<void>;
  save(callback: SessionCallback): void;
  save(callback?: SessionCallback): Promise<void> | void {
    return this.#run((operations) => operations.save(), callback);
  }

  reload(): Promise<void>;
  reload(callback: SessionCallback): void;
  reload(callback?: SessionCallback): Promise<void> | void {
    return this.#run((operations) => operations.reload(), callback);
  }

  touch(): Promise<void>;
  touch(callback: SessionCallback): void;
  touch(callback?: SessionCallback): Promise<void> | void {
    return this.#run((operations) => operations.touch(), callback);
  }

  increment(field: string, by = 1): Promise<number> {
    return this.#ask((operations) => operations.increment(field, by));
  }

  update(field: string, change: (value: unknown) => unknown): Promise<unknown> {
    return this.#ask((operations) => operations.update(field, change));
  }

  /** Callers give a callback, or wait for the promise. */
  #run(
    operation: (operations: SessionOperations) => Promise<void>,
    callback?: SessionCallback,
  ): Promise<void> | void {
    const outcome = this.#ask(operation);
    if (!callback) return outcome;
    outcome.then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  #ask<T>(operation: (operations: SessionOperations) => Promise<T>): Promise<T> {
    const isCurrent = this.#operations.session === (this as SessionObject);
    return isCurrent ? operation(this.#operations) : Promise.reject(pastSessionError());
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
    const present = Object.getOwnPropertyDescriptor(prototype, name);
    Object.defineProperty(prototype, name, {
      get: () => present?.value as unknown,
      ...(name === 'id' && present),
      enumerable: false,
      configurable: false,
      set: () => {
        throw reservedNameError(name);
      },
    });
  }
  Object.freeze(prototype);
}

sealPrototype(SessionObject.prototype);

import { SessionUsageError } from '../errors/errors.js';
import { checkFieldName } from '../fields/field-names.js';
import { LazyObject } from '../fields/lazy-object.js';
import type { CookieLife, SessionCookieView } from './session-cookie.js';
import { refuseCookieOptions, viewCookie } from './session-cookie.js';
import { sealPrototype } from './session-prototype.js';
import type { Method } from './session-arguments.js';
import { callbackAmong, isCallbackOnly, refusedArguments, regenerationOf } from './session-arguments.js';

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

/** Called when an operation has finished, with the error if it failed. */
export type SessionCallback = (error?: unknown) => void;

/** Options of `regenerate()`. */
export interface RegenerateOptions {
  /**
   * True to keep the application's fields.
   *
   * @defaultValue true
   */
  readonly keepData?: boolean;
}

/** The fields of the application's data that hold numbers. */
export type NumericField<Data extends object> = {
  [Field in keyof Data & string]: NonNullable<Data[Field]> extends number ? Field : never;
}[keyof Data & string];

/** The methods of a session. They cannot be overwritten. */
export interface SessionMethods<Data extends object = SessionData> {
  /** The public ID. Safe to show and to log, because it cannot be used as a cookie. */
  readonly id: string;

  /**
   * Issues a new token and ID; the old token becomes invalid at once. The user and both timeouts stay.
   *
   * @throws SessionEndedError when the session has ended during the request
   */
  regenerate(options?: RegenerateOptions): Promise<void>;
  /**
   * Ends the session, as middleware for express-session expects: `req.session` is a new, empty and anonymous session when the
   * callback is called.
   */
  regenerate(callback: SessionCallback): void;
  /**
   * Ends the session, as middleware for `@fastify/session` expects: `req.session` is a new and anonymous session that holds the
   * named fields.
   */
  regenerate(keep: readonly string[]): Promise<void>;
  regenerate(keep: readonly string[], callback: SessionCallback): void;

  /** Ends the session. Afterwards `req.session` is a new, empty and anonymous one. */
  destroy(): Promise<void>;
  destroy(callback: SessionCallback): void;

  /**
   * Writes the changes now. Not needed at the end of a request, which writes them before the response.
   *
   * @throws SessionEndedError when the session has ended during the request
   * @throws SessionValueError when a value cannot be stored without loss
   * @throws SessionDataError when a field breaks the rules of the data class
   */
  save(): Promise<void>;
  save(callback: SessionCallback): void;

  /**
   * Loads the session again and discards unsaved changes.
   *
   * @throws SessionEndedError when the session has ended during the request
   */
  reload(): Promise<void>;
  reload(callback: SessionCallback): void;

  /**
   * Records activity now, even if it is not due.
   *
   * @throws SessionEndedError when the session has ended during the request
   */
  touch(): Promise<void>;
  touch(callback: SessionCallback): void;

  /**
   * Adds to a field that holds a whole number and starts at 0, in one atomic step of the store, so that concurrent additions
   * are not lost. Other changes are saved first.
   *
   * @returns the sum
   * @throws SessionValueError when the field holds anything else
   * @throws SessionEndedError when the session has ended during the request
   */
  increment(field: NumericField<Data>, by?: number): Promise<number>;

  /**
   * Replaces a field by a function of its present value, at once. If another request changes the field in the meantime, the
   * function runs again with the new value, so it must have no side effects. Other changes are saved first.
   *
   * @param change receives `undefined` if the field is absent, and removes the field by returning `undefined`
   * @returns the stored value
   * @throws SessionConflictError (409) when other requests kept changing the field
   * @throws SessionEndedError when the session has ended during the request
   */
  update<Field extends keyof Data & string>(
    field: Field,
    change: (value: Data[Field] | undefined) => Data[Field] | undefined | Promise<Data[Field] | undefined>,
  ): Promise<Data[Field] | undefined>;

  /** Returns a field, for middleware that uses getters. The same as reading the property. */
  get<Field extends keyof Data & string>(field: Field): Data[Field] | undefined;

  /**
   * Sets a field, for middleware that uses setters. The same as assigning the property; `undefined` removes the field.
   */
  set<Field extends keyof Data & string>(field: Field, value: Data[Field] | undefined): void;

  /**
   * Accepts the options that middleware for `@fastify/secure-session` passes, unless they concern the cookie.
   *
   * @throws SessionUsageError for attributes of the cookie, which are options of the module or of a sign-in
   */
  options(options: object): void;

  /** Lifetime of the cookie in the browser, for middleware for express-session. Read-only. */
  readonly cookie: SessionCookieView;
}

/**
 * A session as a request handler sees it: the application's fields as plain properties, any of which may be absent,
 * and {@link SessionMethods}.
 */
export type Session<Data extends object = SessionData> = Partial<Data> & SessionMethods<Data>;

/** The operations behind a session object. */
export interface SessionOperations {
  readonly id: string;
  /** The current session object. */
  readonly session: SessionObject;
  readonly cookieLife: CookieLife | null;
  regenerate(keepData: boolean): Promise<void>;
  /** Ends the session and starts an anonymous one. @param keep fields that it starts with */
  startOver(keep: readonly string[]): Promise<void>;
  destroy(): Promise<void>;
  save(): Promise<void>;
  reload(): Promise<void>;
  touch(): Promise<void>;
  increment(field: string, by: number): Promise<number>;
  update(field: string, change: (value: unknown) => unknown): Promise<unknown>;
}

/** The object behind `Session`. Its own properties are the application's fields and nothing else. */
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

  get cookie(): SessionCookieView {
    return viewCookie(this.#operations.cookieLife);
  }

  get(field: string): unknown {
    this.#checkField('get', field);
    return Object.hasOwn(this, field) ? (this as unknown as Record<string, unknown>)[field] : undefined;
  }

  set(field: string, value: unknown): void {
    this.#checkField('set', field);
    checkFieldName(field);
    (this as unknown as Record<string, unknown>)[field] = value;
  }

  options(options: object): void {
    if (typeof options !== 'object' || (options as object | null) === null)
      throw refusedArguments('options', [options]);
    refuseCookieOptions(options);
  }

  regenerate(options?: RegenerateOptions): Promise<void>;
  regenerate(keep: readonly string[]): Promise<void>;
  regenerate(callback: SessionCallback): void;
  regenerate(keep: readonly string[], callback: SessionCallback): void;
  regenerate(...args: unknown[]): Promise<void> | void {
    const parsed = regenerationOf(args);
    if (!parsed) return this.#refuse('regenerate', args);
    const { keep, keepData, callback } = parsed;
    return this.#run(
      (operations) => (keep ? operations.startOver(keep) : operations.regenerate(keepData)),
      callback,
    );
  }

  destroy(): Promise<void>;
  destroy(callback: SessionCallback): void;
  destroy(callback?: SessionCallback, ...rest: unknown[]): Promise<void> | void {
    return this.#call('destroy', [callback, ...rest]);
  }

  save(): Promise<void>;
  save(callback: SessionCallback): void;
  save(callback?: SessionCallback, ...rest: unknown[]): Promise<void> | void {
    return this.#call('save', [callback, ...rest]);
  }

  reload(): Promise<void>;
  reload(callback: SessionCallback): void;
  reload(callback?: SessionCallback, ...rest: unknown[]): Promise<void> | void {
    return this.#call('reload', [callback, ...rest]);
  }

  touch(): Promise<void>;
  touch(callback: SessionCallback): void;
  touch(callback?: SessionCallback, ...rest: unknown[]): Promise<void> | void {
    return this.#call('touch', [callback, ...rest]);
  }

  increment(field: string, by = 1, ...rest: unknown[]): Promise<number> {
    const isUnderstood = typeof field === 'string' && typeof by !== 'function' && rest.length === 0;
    if (!isUnderstood) return this.#refuse('increment', [field, by, ...rest]);
    return this.#perform((operations) => operations.increment(field, by));
  }

  update(field: string, change: (value: unknown) => unknown, ...rest: unknown[]): Promise<unknown> {
    const isUnderstood = typeof field === 'string' && typeof change === 'function' && rest.length === 0;
    if (!isUnderstood) return this.#refuse('update', [field, change, ...rest], rest);
    return this.#perform((operations) => operations.update(field, change));
  }

  #checkField(method: Method, field: unknown): void {
    if (typeof field !== 'string') throw refusedArguments(method, [field]);
  }

  /** Runs an operation that takes at most a callback. */
  #call(operation: 'destroy' | 'save' | 'reload' | 'touch', args: unknown[]): Promise<void> | void {
    if (!isCallbackOnly(args)) return this.#refuse(operation, args);
    return this.#run((operations) => operations[operation](), args[0]);
  }

  /** Runs an operation. Callers pass a callback, or await the promise. */
  #run(
    operation: (operations: SessionOperations) => Promise<void>,
    callback: SessionCallback | undefined,
  ): Promise<void> | void {
    const outcome = this.#perform(operation);
    if (!callback) return outcome;
    outcome.then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  /** Rejects a call with invalid arguments, through its callback or its promise. */
  #refuse(method: Method, args: readonly unknown[], waiting = args): Promise<never> {
    const refusal = Promise.reject(refusedArguments(method, args));
    const callback = callbackAmong(waiting);
    if (callback) refusal.catch(callback);
    return refusal;
  }

  #perform<T>(operation: (operations: SessionOperations) => Promise<T>): Promise<T> {
    const isCurrent = this.#operations.session === (this as SessionObject);
    return isCurrent ? operation(this.#operations) : Promise.reject(staleSessionError());
  }
}

function staleSessionError(): SessionUsageError {
  return new SessionUsageError(
    'This session object is stale because its session was destroyed or started over. ' +
      'Use req.session, which is the current one.',
  );
}

sealPrototype(SessionObject.prototype);

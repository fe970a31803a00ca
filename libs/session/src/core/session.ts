import { SessionUsageError } from './errors.js';
import { checkFieldName } from './field-names.js';
import { LazyObject } from './lazy-object.js';
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
  /**
   * As middleware written for `@fastify/session` expects it: the old session ends, and `req.session` is a new and
   * anonymous one that holds the named fields.
   */
  regenerate(keep: readonly string[]): Promise<void>;
  regenerate(keep: readonly string[], callback: SessionCallback): void;

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

  /** Returns a field, for middleware that asks so. The same as reading the property. */
  get<Field extends keyof Data & string>(field: Field): Data[Field] | undefined;

  /** Sets a field, for middleware that writes so. The same as assigning the property; `undefined` removes the field. */
  set<Field extends keyof Data & string>(field: Field, value: Data[Field] | undefined): void;

  /**
   * Accepts what middleware for `@fastify/secure-session` passes on, where it says nothing about the cookie.
   *
   * @throws SessionUsageError for attributes of the cookie, which are options of the module or of a sign-in
   */
  options(options: object): void;

  /** How long the browser keeps the cookie, for middleware that was written for express-session. It cannot be changed. */
  readonly cookie: SessionCookieView;
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
  readonly cookieLife: CookieLife | null;
  regenerate(keepData: boolean): Promise<void>;
  /** @param keep the fields that the next session begins with */
  startOver(keep: readonly string[]): Promise<void>;
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
    const asked = regenerationOf(args);
    if (!asked) return this.#refuse('regenerate', args);
    const { keep, keepData, callback } = asked;
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
    return this.#ask((operations) => operations.increment(field, by));
  }

  update(field: string, change: (value: unknown) => unknown, ...rest: unknown[]): Promise<unknown> {
    const isUnderstood = typeof field === 'string' && typeof change === 'function' && rest.length === 0;
    if (!isUnderstood) return this.#refuse('update', [field, change, ...rest], rest);
    return this.#ask((operations) => operations.update(field, change));
  }

  #checkField(method: Method, field: unknown): void {
    if (typeof field !== 'string') throw refusedArguments(method, [field]);
  }

  /** An operation that takes nothing but a callback. */
  #call(operation: 'destroy' | 'save' | 'reload' | 'touch', args: unknown[]): Promise<void> | void {
    if (!isCallbackOnly(args)) return this.#refuse(operation, args);
    return this.#run((operations) => operations[operation](), args[0]);
  }

  /** Callers give a callback, or wait for the promise. */
  #run(
    operation: (operations: SessionOperations) => Promise<void>,
    callback: SessionCallback | undefined,
  ): Promise<void> | void {
    const outcome = this.#ask(operation);
    if (!callback) return outcome;
    outcome.then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  /** Tells a caller of a call that is not understood, in the way in which the caller waits. */
  #refuse(method: Method, args: readonly unknown[], waiting = args): Promise<never> {
    const refusal = Promise.reject(refusedArguments(method, args));
    const callback = callbackAmong(waiting);
    if (callback) refusal.catch(callback);
    return refusal;
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

sealPrototype(SessionObject.prototype);

import { STATUS_CODES } from 'node:http';
import { brand } from './brand.js';
import { describeSession } from '../record/session-info.js';
import type { SessionEnd, SessionRecord } from '../record/record.js';
import type { SessionId } from '../record/token.js';
import { shown, shownSentence } from './shown.js';

/** @internal Seconds after which a client tries again while the store is unavailable. */
export const RETRY_AFTER_SECONDS = '1';

/** The error of each code. */
export interface SessionErrors {
  SESSION_OPTIONS_INVALID: SessionOptionsError;
  SESSION_USAGE_INVALID: SessionUsageError;
  SESSION_VALUE_INVALID: SessionValueError;
  SESSION_DATA_INVALID: SessionDataError;
  SESSION_ENDED: SessionEndedError;
  SESSION_TOO_MANY_COOKIES: SessionCookiesError;
  SESSION_CONFLICT: SessionConflictError;
  SESSION_LIMIT_REACHED: SessionLimitError;
  SESSION_TOO_LARGE: SessionSizeError;
  SESSION_UNAVAILABLE: SessionUnavailableError;
  SESSION_MISCONFIGURED: SessionMisconfiguredError;
}

/** Codes by which programs distinguish errors. Codes do not change between versions. */
export type SessionErrorCode = keyof SessionErrors;

/** The response body of an error. */
export interface SessionErrorBody {
  readonly statusCode: number;
  readonly message: string;
  /** The name of the status, such as `Conflict`. */
  readonly error: string;
  readonly code: SessionErrorCode;
}

/**
 * The base class of all errors that this package throws.
 *
 * `statusCode`, `status`, `expose` and `headers` follow the convention of the `http-errors` package, which Nest, Express
 * and Fastify understand; `getStatus()` and `getResponse()` are those of Nest's `HttpException`.
 */
export abstract class SessionError extends Error {
  static {
    brand(this, 'SessionError');
  }

  abstract override readonly name: string;
  /** The code of this error, the same across copies and versions of this package. */
  abstract readonly code: SessionErrorCode;
  /** The HTTP status of this error. */
  abstract readonly statusCode: number;

  get status(): number {
    return this.statusCode;
  }

  /** True if the message may be shown to a client. */
  get expose(): boolean {
    return this.statusCode < 500;
  }

  /**
   * The full message, for a log. It may name servers, so clients receive {@link getResponse} or, at most, the message.
   */
  get detail(): string {
    return this.message;
  }

  /** Headers of the response. */
  get headers(): Readonly<Record<string, string>> {
    return {};
  }

  /** Returns the HTTP status of this error. */
  getStatus(): number {
    return this.statusCode;
  }

  /** Returns the response body: no servers and addresses, and never a token. */
  getResponse(): SessionErrorBody {
    const { statusCode, code } = this;
    const message = this.expose ? this.message : this.publicMessage;
    return { statusCode, message, error: STATUS_CODES[statusCode] as string, code, ...this.details };
  }

  /** The message of the response body if clients must not see the message of the error. */
  protected get publicMessage(): string {
    return 'Internal server error';
  }

  /** Further members of the response body. */
  protected get details(): object {
    return {};
  }
}

/** Returns the text of an error for a log: its {@link SessionError.detail}, or its message. */
export function detailOf(error: Error): string {
  return error instanceof SessionError ? error.detail : error.message;
}

/**
 * Returns true if a thrown value is an error of this package, and has the code if one is given. Works across copies of this package in
 * one process, where `instanceof` does not.
 */
export function isSessionError(error: unknown): error is SessionError;
export function isSessionError<Code extends SessionErrorCode>(
  error: unknown,
  code: Code,
): error is SessionErrors[Code];
export function isSessionError(error: unknown, code?: SessionErrorCode): boolean {
  return error instanceof SessionError && (code === undefined || error.code === code);
}

/** An option is invalid. Thrown at start, and by a sign-in with invalid options. */
export class SessionOptionsError extends SessionError {
  static {
    brand(this, 'SessionOptionsError');
  }

  override readonly name = 'SessionOptionsError';
  readonly code = 'SESSION_OPTIONS_INVALID';
  readonly statusCode = 500;
}

/** The session module is used in a way that cannot work. The message says what to do instead. */
export class SessionUsageError extends SessionError {
  static {
    brand(this, 'SessionUsageError');
  }

  override readonly name = 'SessionUsageError';
  readonly code = 'SESSION_USAGE_INVALID';
  readonly statusCode = 500;
}

/** A value cannot be stored without loss, or the name of a field is reserved. Nothing was stored. */
export class SessionValueError extends SessionError {
  static {
    brand(this, 'SessionValueError');
  }

  override readonly name = 'SessionValueError';
  readonly code = 'SESSION_VALUE_INVALID';
  readonly statusCode = 500;

  constructor(
    /** The path of the value, such as `cart.items[2].addedAt`. */
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

/** The rules that one field of the session's data breaks. */
export interface FieldProblem {
  readonly field: string;
  /** The expectations, one sentence per broken rule. */
  readonly expected: readonly string[];
}

/** Fields break the rules of the application's data class. Nothing was stored. */
export class SessionDataError extends SessionError {
  static {
    brand(this, 'SessionDataError');
  }

  override readonly name = 'SessionDataError';
  readonly code = 'SESSION_DATA_INVALID';
  readonly statusCode = 400;

  constructor(readonly problems: readonly FieldProblem[]) {
    super(
      'The session was not saved: ' +
        problems
          .map(({ field, expected }) => `${shown(field)}: ${shownSentence(expected.join(', '))}`)
          .join('; '),
    );
  }

  protected override get details(): object {
    return { problems: this.problems };
  }
}

/** The session ended during the request. The changes of the caller were not written. */
export class SessionEndedError extends SessionError {
  static {
    brand(this, 'SessionEndedError');
  }

  override readonly name = 'SessionEndedError';
  readonly code = 'SESSION_ENDED';
  readonly statusCode = 401;

  constructor(readonly end: SessionEnd) {
    super(`The session has ended (${end.reason}), so nothing was saved. Sign in again.`);
  }

  protected override get details(): object {
    return describeEnd(this.end);
  }
}

/** @internal Returns the end of a session in the form that clients receive. */
export function describeEnd({ reason, at, by }: SessionEnd): object {
  return { reason, ...(at !== null && { at: new Date(at).toISOString() }), ...(by && { by }) };
}

/** Other requests kept changing a field during an update. The field holds their value. */
export class SessionConflictError extends SessionError {
  static {
    brand(this, 'SessionConflictError');
  }

  override readonly name = 'SessionConflictError';
  readonly code = 'SESSION_CONFLICT';
  readonly statusCode = 409;

  constructor(
    readonly field: string,
    readonly tries: number,
  ) {
    super(
      `session.${shown(field)} was changed by other requests at each of ${tries} tries to update it. Try again.`,
    );
  }
}

/**
 * The request has more session cookies than are looked up, so its sign-out may have left sessions alive. The sessions that
 * were looked up have ended, and the response clears the cookies that it can name.
 */
export class SessionCookiesError extends SessionError {
  static {
    brand(this, 'SessionCookiesError');
  }

  override readonly name = 'SessionCookiesError';
  readonly code = 'SESSION_TOO_MANY_COOKIES';
  readonly statusCode = 400;

  constructor(
    /** Maximum number of cookies that are looked up. */
    readonly maxCookies: number,
  ) {
    super(
      `The request has more than ${maxCookies} different session cookies, so not all of their sessions could be ended. ` +
        "Delete this site's cookies in the browser.",
    );
  }
}

/** The user has as many sessions as allowed, and the policy is to reject the sign-in. Nothing was changed. */
export class SessionLimitError extends SessionError {
  static {
    brand(this, 'SessionLimitError');
  }

  override readonly name = 'SessionLimitError';
  readonly code = 'SESSION_LIMIT_REACHED';
  readonly statusCode = 409;

  constructor(
    readonly max: number,
    /** The live sessions that fill the limit, so that the user can choose one to end. */
    readonly live: readonly SessionRecord[],
  ) {
    super(`The limit of ${max} concurrent sessions is reached. End one of them to sign in here.`);
  }

  protected override get details(): object {
    return { max: this.max, sessions: this.live.map(describeSession) };
  }
}

/** The session would exceed its maximum size. Nothing was stored, and the previous data is unchanged. */
export class SessionSizeError extends SessionError {
  static {
    brand(this, 'SessionSizeError');
  }

  override readonly name = 'SessionSizeError';
  readonly code = 'SESSION_TOO_LARGE';
  readonly statusCode = 413;

  constructor(
    readonly maxBytes: number,
    /** Size that the session would have, in bytes; `null` if the store rejected it because of concurrent writes. */
    readonly bytes: number | null,
  ) {
    super(
      `The session was not saved: expected at most ${maxBytes} bytes, received ${bytes ?? 'more'}. ` +
        'Store large data elsewhere, and a reference to it in the session.',
    );
  }
}

/** The store failed, or did not respond in time. The operation may or may not have taken effect. */
export class SessionUnavailableError extends SessionError {
  static {
    brand(this, 'SessionUnavailableError');
  }

  override readonly name: 'SessionUnavailableError' | 'SessionMisconfiguredError' = 'SessionUnavailableError';
  readonly code: 'SESSION_UNAVAILABLE' | 'SESSION_MISCONFIGURED' = 'SESSION_UNAVAILABLE';
  readonly statusCode = 503;
  #ended: readonly SessionId[] = [];

  constructor(
    operation: string,
    cause: unknown,
    /** False if the circuit breaker was open, so that the store was not called. */
    readonly wasAsked = true,
  ) {
    // Exception filters commonly send the message of an HttpException to the client, so it names no server.
    super(`The session store could not ${operation}`, { cause });
  }

  override get detail(): string {
    const { cause } = this;
    return `${this.message}: ${withoutFullStop(shownSentence(cause instanceof Error ? detailOf(cause) : cause))}`;
  }

  /** The sessions that a call which ends several had ended before it failed; empty for any other call. */
  get ended(): readonly SessionId[] {
    return this.#ended;
  }

  /** @internal */
  noteEnded(ended: readonly SessionId[]): void {
    this.#ended = ended;
    this.message += ` (${ended.length} of them have ended; repeat the call to end the rest)`;
  }

  override get headers(): Readonly<Record<string, string>> {
    return { 'retry-after': RETRY_AFTER_SECONDS };
  }

  protected override get publicMessage(): string {
    return 'Sessions are unavailable at the moment. Try again.';
  }

  /** Returns one code for every cause, because all that clients can do is to try again. */
  protected override get details(): object {
    return { code: 'SESSION_UNAVAILABLE' };
  }
}

/** The store rejects calls until its configuration is changed. The message says how. */
export class SessionMisconfiguredError extends SessionUnavailableError {
  static {
    brand(this, 'SessionMisconfiguredError');
  }

  override readonly name = 'SessionMisconfiguredError';
  override readonly code = 'SESSION_MISCONFIGURED';
  override readonly statusCode = 503;

  constructor(
    operation: string,
    cause: unknown,
    /** The fix, as a sentence. */
    readonly remedy: string,
  ) {
    super(operation, cause);
  }

  override get detail(): string {
    return `${super.detail}. ${this.remedy}`;
  }
}

/** @internal Returns the message of another library without its full stop, to be continued by one of ours. */
export function withoutFullStop(message: string): string {
  return message.replace(/\.$/, '');
}

import type { SessionEnd, SessionRecord } from './store.js';
import type { SessionId } from './token.js';

/**
 * The base of everything this package throws.
 *
 * `statusCode`, `status` and `expose` follow the convention of the `http-errors` package, which Nest, Express and
 * Fastify understand, so that an error that reaches no filter of ours is still answered with the right status.
 */
export abstract class SessionError extends Error {
  abstract override readonly name: string;
  /** The HTTP status that this error means. */
  abstract readonly statusCode: number;

  get status(): number {
    return this.statusCode;
  }

  /** Whether the message may be shown to a client. */
  get expose(): boolean {
    return this.statusCode < 500;
  }
}

/** An option is wrong. Thrown at start, and when a sign-in is given a wrong override. */
export class SessionOptionsError extends SessionError {
  override readonly name = 'SessionOptionsError';
  readonly statusCode = 500;
}

/** The session module is used in a way that cannot work. The message says what to do instead. */
export class SessionUsageError extends SessionError {
  override readonly name = 'SessionUsageError';
  readonly statusCode = 500;
}

/** A value cannot be kept in a session without damage, or a field's name is reserved. Nothing was stored. */
export class SessionValueError extends SessionError {
  override readonly name = 'SessionValueError';
  readonly statusCode = 500;

  constructor(
    /** Where the value is, such as `cart.items[2].addedAt`. */
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

/** What is wrong with one field of the session's data. */
export interface FieldProblem {
  readonly field: string;
  /** What was expected, one sentence a rule. */
  readonly expected: readonly string[];
}

/** Fields break the rules of the application's data class. Nothing was stored. */
export class SessionDataError extends SessionError {
  override readonly name = 'SessionDataError';
  readonly statusCode = 400;

  constructor(readonly problems: readonly FieldProblem[]) {
    super(
      'The session was not saved: ' +
        problems.map((problem) => `${problem.field}: ${problem.expected.join(', ')}`).join('; '),
    );
  }
}

/** The session ended while it was in use. What the caller wanted to write was not written. */
export class SessionEndedError extends SessionError {
  override readonly name = 'SessionEndedError';
  readonly statusCode = 401;

  constructor(readonly end: SessionEnd) {
    super(`The session has ended (${end.reason}), so nothing was saved. Sign in again.`);
  }
}

/** Others kept changing a field while it was being updated. It holds what they wrote. */
export class SessionConflictError extends SessionError {
  override readonly name = 'SessionConflictError';
  readonly statusCode = 409;

  constructor(
    readonly field: string,
    readonly tries: number,
  ) {
    super(`session.${field} was changed by others at each of ${tries} tries to update it. Try again.`);
  }
}

/**
 * The request showed more session cookies than are looked at, so its sign-out may have left sessions alive. Those that
 * were looked at have ended, and the response takes away the cookies that it can name.
 */
export class SessionCookiesError extends SessionError {
  override readonly name = 'SessionCookiesError';
  readonly statusCode = 400;

  constructor(
    /** How many cookies were looked at. */
    readonly maxCookies: number,
  ) {
    super(
      `The request has more than ${maxCookies} different session cookies, so not all of their sessions could be ended. ` +
        "Delete this site's cookies in the browser.",
    );
  }
}

/** The user already has as many sessions as allowed, and the policy is to refuse. Nothing was changed. */
export class SessionLimitError extends SessionError {
  override readonly name = 'SessionLimitError';
  readonly statusCode = 409;

  constructor(
    readonly max: number,
    /** The sessions that fill the limit, so that the user can choose one to end. */
    readonly live: readonly SessionRecord[],
  ) {
    super(`The limit of ${max} concurrent sessions is reached. End one of them to sign in here.`);
  }
}

/** The session would hold more than it may. What it held before is still there, and nothing was stored. */
export class SessionSizeError extends SessionError {
  override readonly name = 'SessionSizeError';
  readonly statusCode = 413;

  constructor(
    readonly maxBytes: number,
    /** What the session would hold; `null`: more than the maximum, with what others have written meanwhile. */
    readonly bytes: number | null,
  ) {
    super(
      `The session was not saved: it may hold ${maxBytes} bytes, and would hold ${bytes ?? 'more'}. ` +
        'Keep large things elsewhere, and in the session what leads to them.',
    );
  }
}

/** The store did not answer in time or not at all. What was asked may or may not have happened. */
export class SessionUnavailableError extends SessionError {
  override readonly name: 'SessionUnavailableError' | 'SessionMisconfiguredError' = 'SessionUnavailableError';
  readonly statusCode = 503;
  #ended: readonly SessionId[] = [];

  constructor(
    operation: string,
    cause: unknown,
    /** `false`: it had failed again and again, and so was not even asked. */
    readonly wasAsked = true,
  ) {
    const detail = withoutFullStop(cause instanceof Error ? cause.message : String(cause));
    super(`The session store could not ${operation}: ${detail}`, { cause });
  }

  /** What a call that ends many sessions had ended before it failed; of any other call nothing. */
  get ended(): readonly SessionId[] {
    return this.#ended;
  }

  /** @internal */
  noteEnded(ended: readonly SessionId[]): void {
    this.#ended = ended;
    this.message += `. ${ended.length} had ended by then: call it again to end the rest`;
  }
}

/** The store is there and refuses, and will until somebody changes how it is set up. The message says what. */
export class SessionMisconfiguredError extends SessionUnavailableError {
  override readonly name = 'SessionMisconfiguredError';
  override readonly statusCode = 503;

  constructor(
    operation: string,
    cause: unknown,
    /** What to do about it, as a sentence. */
    readonly remedy: string,
  ) {
    super(operation, cause);
    this.message += `. ${remedy}`;
  }
}

/** @internal A message that others have written as a sentence, for one of ours that goes on after it. */
export function withoutFullStop(message: string): string {
  return message.replace(/\.$/, '');
}

import { SessionOptionsError } from '../core/errors/errors.js';
import { NO_IDLE_MS } from '../core/record/expiry.js';
import type { SessionActivity, TimeoutSource } from '../core/runtime/timeout-policy.js';
import { UserUnknown } from '../core/request/lifetime.js';
import type { SessionUser } from '../core/runtime/user.js';
import type { SessionInfo } from '../core/record/session-info.js';
import { describeSession } from '../core/record/session-info.js';
import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { CLOCK } from './duration-rule.js';
import { isFunction, received } from './rule.js';

/** Input of a function that returns a timeout. */
export interface TimeoutInput {
  /**
   * The user who signs in, as the application passed it to `signIn()`, or who is signed in. `null`: the session is
   * anonymous.
   *
   * At an activity only the user's `id` is known, unless passport has put the user on the request. A function that reads
   * another property is called again with the result of `users.load`; without that option the session keeps its
   * timeout.
   */
  readonly user: SessionUser | null;
  /** The session as it is stored, before this sign-in or activity. `null`: a new session. */
  readonly session: SessionInfo | null;
  /** The request whose activity is recorded. `null`: a new session or a sign-in. */
  readonly activity: SessionActivity | null;
}

/**
 * An idle timeout: a duration; `'none'`, which costs one write an hour of use; or a function that returns one of them.
 * The function of the module's option is called when a session begins, when a user signs in, and whenever activity is
 * recorded, so that the timeout can follow the user's activity. The function of a sign-in is called once.
 */
export type IdleTimeout = Duration | ((input: TimeoutInput) => Duration | Promise<Duration>);

/** An absolute timeout: a duration, or a function that returns one when a session begins and when a user signs in. */
export type AbsoluteTimeout = Duration | ((input: TimeoutInput) => Duration | Promise<Duration>);

const FUNCTION = 'or a function that returns one';

/** The rule of an idle timeout. */
export const IDLE = {
  expected: `${CLOCK.expected}, 'none', ${FUNCTION}`,
  accepts: (value: unknown) => value === 'none' || isFunction(value) || CLOCK.accepts(value),
  hint: CLOCK.hint,
};

/** The rule of an absolute timeout. */
export const ABSOLUTE = {
  expected: `${CLOCK.expected}, ${FUNCTION}`,
  accepts: (value: unknown) => isFunction(value) || CLOCK.accepts(value),
  hint: CLOCK.hint,
};

/** Returns the source of a session's idle timeout. The option has been checked. */
export function idleSource(option: IdleTimeout): TimeoutSource {
  return sourceOf('idle', option, (value) => (value === 'none' ? NO_IDLE_MS : toMs(value)));
}

/** Returns the source of a session's absolute timeout. The option has been checked. */
export function absoluteSource(option: AbsoluteTimeout): TimeoutSource {
  return sourceOf('absolute', option, toMs);
}

function sourceOf<T>(
  name: string,
  option: T | ((input: TimeoutInput) => T | Promise<T>),
  parse: (value: T) => number | null,
): TimeoutSource {
  if (!isFunction(option)) return parse(option as T) as number;
  const give = option as (input: TimeoutInput) => T | Promise<T>;
  return async ({ record, ...question }) => {
    const value = await callFor(name, give, { ...question, session: record && describeSession(record) });
    const ms = parse(value);
    if (ms !== null && (value === 'none' || CLOCK.accepts(value))) return ms;
    const hint = CLOCK.hint(value);
    throw new SessionOptionsError(
      `${name}: expected ${CLOCK.expected} from the function, received ${received(value)}.${hint ? ` ${hint}` : ''}`,
    );
  };
}

async function callFor<T>(
  name: string,
  give: (input: TimeoutInput) => T | Promise<T>,
  input: TimeoutInput,
): Promise<T> {
  try {
    return await give(input);
  } catch (cause) {
    if (cause instanceof UserUnknown) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new SessionOptionsError(
      `${name}: expected a length of time from the function, but it threw: ${message}`,
      {
        cause,
      },
    );
  }
}

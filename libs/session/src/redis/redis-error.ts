import { SessionMisconfiguredError, SessionUnavailableError } from '../core/errors/errors.js';
import { CircuitOpenError } from './circuit-breaker.js';

/** How Redis 6.2 and KeyDB report that a command inside a script failed. What the command answered comes last. */
const WRAPPED =
  /^ERR Error running script \(call to \w+\): @user_script:\d+: (?:@user_script: \d+: -)?([A-Z]{2,}) /;
/** How Redis reports that a script may not run a command or touch a key, for which it has no code (7.2 and later, before). */
const REFUSED_IN_SCRIPT = /^ERR (?:ACL failure in script|(?:.*: )?The user executing the script can't )/;

/**
 * Returns the code of an error that the Redis server answered, such as `NOSCRIPT` or `WRONGTYPE`: by the protocol the
 * first word of the answer, and where a script failed the code of the command that failed in it. `null` for errors that
 * come from elsewhere.
 */
export function redisErrorCode(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return null;
  const { message } = error;
  if (!message.startsWith('ERR ')) return message.split(' ', 1)[0] ?? null;
  if (REFUSED_IN_SCRIPT.test(message)) return 'NOPERM';
  return WRAPPED.exec(message)?.[1] ?? 'ERR';
}

/** What a reading gives where the key holds something of another type. */
export const OTHER_TYPE = Symbol('another type');

/** Reads a key that may hold something of another type. */
export async function orOtherType<T>(reading: Promise<T>): Promise<T | typeof OTHER_TYPE> {
  try {
    return await reading;
  } catch (error) {
    if (redisErrorCode(error) === 'WRONGTYPE') return OTHER_TYPE;
    throw error;
  }
}

/** An error without the command that it answers: its arguments may hold a password, or what is in a session. */
export function withoutCommand(error: unknown): unknown {
  if (error instanceof Error) Reflect.deleteProperty(error, 'command');
  return error;
}

/** There is no connection, so nothing was sent. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';
}

/** Answers of a server that cannot serve at the moment. It has not begun with what it was asked. */
const NOT_NOW = new Set(['READONLY', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'BUSY']);

/** Answers of a server that shows what it holds, and takes no changes. */
const READS_ONLY = new Set(['READONLY', 'OOM', 'MISCONF', 'NOREPLICAS']);

/** Answers of a server that refuses until somebody changes how it is set up, and what to change. */
const REMEDIES: Readonly<Record<string, string>> = {
  NOAUTH: 'Redis asks for a password: give "username" and "password" in the option "redis".',
  WRONGPASS: 'Correct "username" and "password" in the option "redis".',
  NOPERM:
    "Let the ACL user run the module's commands on the module's keys: see docs/reference/topologies.md.",
  MISCONF: 'Redis cannot write its snapshot to the disk: see its log, and make room or correct its "dir".',
  OOM: 'Redis has reached "maxmemory": raise it, or let sessions end sooner.',
};

/** Whether an operation certainly has not had, and will not have, any effect. */
export function hasNotRun(error: unknown): boolean {
  return error instanceof NotConnectedError || NOT_NOW.has(redisErrorCode(error) ?? '');
}

/** Whether an error means that the server is away. One that answers, and be it a refusal, is there. */
export function isOutage(error: unknown): boolean {
  const code = redisErrorCode(error);
  // A replica that was asked to write still serves reads.
  return code === null || (NOT_NOW.has(code) && code !== 'READONLY');
}

/** Whether an error means that the server takes no changes for now, though it shows what it holds. */
export function refusesWrites(error: unknown): boolean {
  return READS_ONLY.has(redisErrorCode(error) ?? '');
}

/** What a caller is told about what failed. */
export function toStoreError(operation: string, error: unknown): SessionUnavailableError {
  if (error instanceof CircuitOpenError) return new SessionUnavailableError(operation, error, false);
  const remedy = REMEDIES[redisErrorCode(rootOf(error)) ?? ''];
  const cause = withoutCommand(error);
  return remedy
    ? new SessionMisconfiguredError(operation, cause, remedy)
    : new SessionUnavailableError(operation, cause);
}

/** A connection that could not be made says why in its cause. */
function rootOf(error: unknown): unknown {
  return error instanceof NotConnectedError ? error.cause : error;
}

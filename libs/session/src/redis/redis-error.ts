import { SessionMisconfiguredError, SessionUnavailableError } from '../core/errors/errors.js';
import { STORE_ERROR_TYPES } from '../core/store/store-error-types.js';
import { CircuitOpenError } from './circuit-breaker.js';
import { DeadlineError } from './deadline.js';
import { errorReply, withoutCommand } from './ioredis-internals.js';

/** The error of a failed command inside a script, as Redis 6.2 and KeyDB report it. The command's reply comes last. */
const WRAPPED =
  /^ERR Error running script \(call to \w+\): @user_script:\d+: (?:@user_script: \d+: -)?([A-Z]{2,}) /;
/** The error of a script that may not run a command or access a key, which has no code (Redis 7.2 and later, and before). */
const REFUSED_IN_SCRIPT = /^ERR (?:ACL failure in script|(?:.*: )?The user executing the script can't )/;

/**
 * Returns the code of an error reply of Redis, such as `NOSCRIPT` or `WRONGTYPE`: the first word of the reply, or the
 * code of the command that failed inside a script. Returns `null` for errors of other origin.
 */
export function redisErrorCode(error: unknown): string | null {
  const message = errorReply(error);
  if (message === null) return null;
  if (!message.startsWith('ERR ')) return message.split(' ', 1)[0] ?? null;
  if (REFUSED_IN_SCRIPT.test(message)) return 'NOPERM';
  return WRAPPED.exec(message)?.[1] ?? 'ERR';
}

/** The result of reading a key that holds a value of another type. */
export const OTHER_TYPE = Symbol('another type');

/** Returns {@link OTHER_TYPE} for the error of a read of such a key. Throws all other errors. */
export function otherTypeOf(error: unknown): typeof OTHER_TYPE {
  if (redisErrorCode(error) === 'WRONGTYPE') return OTHER_TYPE;
  throw error;
}

/** Thrown if there is no connection, so that no command was sent. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';
}

/** Error codes of a server that cannot serve at the moment. It has not run the command. */
const NOT_NOW = new Set(['READONLY', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'BUSY']);

/** Error codes of a server that serves reads and rejects writes. */
const READS_ONLY = new Set(['READONLY', 'OOM', 'MISCONF', 'NOREPLICAS']);

/** Remedies by error codes of a server that rejects commands because of its configuration. */
const REMEDIES: Readonly<Record<string, string>> = {
  NOAUTH: 'Redis requires a password: set "username" and "password" in the option "redis".',
  WRONGPASS: 'Correct "username" and "password" in the option "redis".',
  NOPERM:
    "Allow the ACL user to run the module's commands on the module's keys: see docs/reference/topologies.md.",
  MISCONF:
    'Redis cannot write its snapshot to the disk: see its log, and free disk space or correct its "dir".',
  OOM: 'Redis has reached "maxmemory": raise it, or shorten the timeouts of sessions.',
};

/** Returns `true` if an operation certainly had no effect and will have none. */
export function hasNotRun(error: unknown): boolean {
  return error instanceof NotConnectedError || NOT_NOW.has(redisErrorCode(error) ?? '');
}

/** Returns `true` if an error means that the server is unavailable. A server that rejects a command is available. */
export function isOutage(error: unknown): boolean {
  const code = redisErrorCode(error);
  // A replica rejects writes and still serves reads.
  return code === null || (NOT_NOW.has(code) && code !== 'READONLY');
}

/** Returns `true` if an error means that the server rejects writes for now and serves reads. */
export function refusesWrites(error: unknown): boolean {
  return READS_ONLY.has(redisErrorCode(error) ?? '');
}

const KNOWN_TYPES: readonly string[] = STORE_ERROR_TYPES;

/** Returns the cause of a failed call, as metrics name it: one of {@link STORE_ERROR_TYPES}. */
export function errorTypeOf(error: unknown): string {
  if (error instanceof DeadlineError) return 'timeout';
  if (error instanceof CircuitOpenError) return 'circuit_open';
  if (error instanceof NotConnectedError) return 'not_connected';
  const code = redisErrorCode(error);
  // An error without a code is that of a connection which ended before the reply.
  if (code === null) return 'connection_lost';
  const type = code.toLowerCase();
  return KNOWN_TYPES.includes(type) ? type : '_OTHER';
}

/** Returns the error that the caller of a failed operation gets. */
export function toStoreError(operation: string, error: unknown): SessionUnavailableError {
  if (error instanceof CircuitOpenError) return new SessionUnavailableError(operation, error, false);
  const remedy = REMEDIES[redisErrorCode(rootOf(error)) ?? ''];
  const cause = withoutCommand(error);
  return remedy
    ? new SessionMisconfiguredError(operation, cause, remedy)
    : new SessionUnavailableError(operation, cause);
}

/** Returns the reason of an error: that of a failed connection is its cause. */
function rootOf(error: unknown): unknown {
  return error instanceof NotConnectedError ? error.cause : error;
}

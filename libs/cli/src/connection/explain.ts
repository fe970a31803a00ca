import { isSessionError } from 'nestjs-redis-session/core';
import { Failure } from '../failure.js';
import { duration, printable } from '../terminal/text.js';

/** The circumstances of a failed connection. */
interface Circumstances {
  readonly place: string;
  /** The first loss of the connection, as the library reports it. */
  readonly firstWarning?: string | undefined;
  readonly timeoutMs: number;
  readonly isEncrypted: boolean;
}

type Explanation = (place: string, reason: string, circumstances: Circumstances) => string;

/** The sentences by the patterns of reasons, the most specific first. */
const EXPLANATIONS: readonly (readonly [pattern: RegExp, sentence: Explanation])[] = [
  [
    /WRONGPASS|invalid password/,
    (place) =>
      `Redis at ${place} rejects the user or the password: correct --username, and REDIS_PASSWORD, --password-file or the password in the URL.`,
  ],
  [
    /NOAUTH|Authentication required/,
    (place) =>
      `Redis at ${place} requires a password: set REDIS_PASSWORD or --password-file, and --username for an ACL user.`,
  ],
  [
    /NOPERM/,
    (place, reason) =>
      `Redis at ${place} denies a command (${reason}): "nestjs-session acl --for operator" prints the permissions that are needed.`,
  ],
  [/LOADING/, (place) => `Redis at ${place} is loading its data: try again when it has finished.`],
  [
    /ECONNREFUSED/,
    (place) => `No server accepts connections at ${place}: start Redis there, or correct the address.`,
  ],
  [/ENOTFOUND|EAI_AGAIN/, (place) => `The host of ${place} has no address: correct its name, or the DNS.`],
  [
    /certificate|CERT_/i,
    (place, reason) =>
      `The certificate of Redis at ${place} is not trusted (${reason}): name its authority with --ca.`,
  ],
  [
    /wrong version number|packet length too long|EPROTO/i,
    (place) => `Redis at ${place} does not use TLS on this port: use a redis:// URL, or the port of TLS.`,
  ],
  [
    /cluster support disabled/i,
    (place) => `Redis at ${place} is no Cluster: name it with --url or --host instead of --cluster.`,
  ],
  [
    /Unknown RESP type|Protocol error/,
    (place) => `The server at ${place} is not Redis: correct the address and the port.`,
  ],
  [/CLUSTERDOWN|none of its nodes/i, (place, reason) => `The Cluster at ${place} does not serve: ${reason}.`],
  [
    /sentinel/i,
    (place, reason) =>
      `The Sentinels do not lead to ${place}: ${reason}. Correct --sentinels and --master, or the credentials of the Sentinels.`,
  ],
  [
    /no answer within|ETIMEDOUT|timed? ?out/i,
    (place, _reason, { timeoutMs, isEncrypted }) =>
      `Redis at ${place} does not answer within ${duration(timeoutMs)}: check the address and the firewall` +
      `${isEncrypted ? ', use a redis:// URL if the port does not use TLS' : ''}, or set a longer --timeout.`,
  ],
  [
    /ECONNRESET|EPIPE|Connection is closed|socket hang up/i,
    (place) => `Redis at ${place} closes the connection: if it expects TLS, use a rediss:// URL or --tls.`,
  ],
];

/** The library's own checks of an address, which name the option of the module. */
const INVALID_ADDRESS = /^redis: (expected (?!a server that answers).*)/;

/** Returns the failure of a connection, with a sentence that gives the reason and the remedy. */
export function explain(error: unknown, circumstances: Circumstances): Error {
  if (error instanceof Failure) return error;
  const place = printable(circumstances.place);
  // The innermost cause is the most specific.
  const reasons = [...messagesOf(error).reverse(), circumstances.firstWarning ?? ''];
  for (const [pattern, sentence] of EXPLANATIONS) {
    const reason = reasons.find((text) => pattern.test(text));
    if (reason === undefined) continue;
    return new Failure('unreachable', sentence(place, shortened(reason), circumstances), { cause: error });
  }
  const [, invalid] = INVALID_ADDRESS.exec(reasons.at(-2) ?? '') ?? [];
  if (invalid !== undefined) {
    return new Failure('usage', `The address of Redis is invalid: ${invalid}`, { cause: error });
  }
  return new Failure('unreachable', `Redis at ${place} cannot be used: ${shortened(reasons[0] ?? '')}.`, {
    cause: error,
  });
}

/** Returns the failure of a server that still loads its data, with the remaining time that it estimates. */
export function explainLoading(place: string, info: string): Failure {
  const [, part] = /^loading_loaded_perc:([\d.]+)/m.exec(info) ?? [];
  const [, seconds] = /^loading_eta_seconds:(\d+)/m.exec(info) ?? [];
  const progress =
    part === undefined ? '' : ` (${part} %${seconds === undefined ? '' : `, about ${seconds} s left`})`;
  return new Failure(
    'unreachable',
    `Redis at ${printable(place)} is loading its data${progress}: try again when it has finished.`,
  );
}

/** Returns the failure of a connection to one node of a Cluster, which has a part of the sessions only. */
export function explainClusterNode(place: string): Failure {
  return new Failure(
    'unreachable',
    `Redis at ${printable(place)} is a node of a Cluster: name its nodes with --cluster instead of --url or --host.`,
  );
}

/** Returns the failure of a command that Redis did not finish. */
export function explainFailed(error: unknown, place: string): Error {
  if (error instanceof Failure || !isSessionError(error)) return error as Error;
  const reason = messagesOf(error).at(-1) ?? error.message;
  if (/NOPERM|permission/.test(reason)) return explainDenied(place, reason, error);
  return new Failure(
    'failed',
    `${withoutFullStop(printable(error.detail))} (${printable(place)}). Run the command again.`,
    {
      cause: error,
    },
  );
}

function explainDenied(place: string, reason: string, cause: unknown): Failure {
  return new Failure(
    'failed',
    `Redis at ${printable(place)} denies a command (${shortened(reason)}): "nestjs-session acl --for operator" prints the permissions that are needed.`,
    { cause },
  );
}

/** Returns the messages of an error and of its causes. */
function messagesOf(error: unknown): string[] {
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const isSystem = typeof code === 'string' && !isSessionError(cause);
    messages.push(isSystem && !cause.message.includes(code) ? `${cause.message} (${code})` : cause.message);
  }
  return messages;
}

/** Returns a reason without a command's arguments, on one line. */
function shortened(reason: string): string {
  return withoutFullStop(printable(reason.split('\n', 1)[0] ?? '').slice(0, 200));
}

function withoutFullStop(text: string): string {
  return text.replace(/\.$/, '');
}

import { SessionUsageError } from '../../core/errors/errors.js';
import { shown } from '../../core/errors/shown.js';

/** The address of a server behind a {@link FaultProxy}. */
export interface ProxyAddress {
  /** @defaultValue '127.0.0.1' */
  readonly host?: string;
  readonly port: number;
}

/** A server behind a {@link FaultProxy}: a port of this machine, an address, or a URL such as `redis://:password@redis:6379`. */
export type ProxyTarget = number | string | ProxyAddress;

const LOOPBACK = '127.0.0.1';
const REDIS_PORT = 6379;
const LAST_PORT = 65_535;

/** Returns the host and the port of a target. @throws SessionUsageError if it has none */
export function addressOf(target: ProxyTarget): Required<ProxyAddress> {
  const { host = LOOPBACK, port } = parse(target);
  if (host !== '' && Number.isInteger(port) && port > 0 && port <= LAST_PORT) return { host, port };
  throw invalid(target);
}

/** Returns the URL of a Redis target with another address; user, password and database stay. */
export function urlThrough(target: ProxyTarget, host: string, port: number): string {
  const url = new URL(typeof target === 'string' ? target : 'redis://localhost');
  url.hostname = host;
  url.port = String(port);
  return url.href;
}

function parse(target: ProxyTarget): ProxyAddress {
  if (typeof target === 'number') return { port: target };
  if (typeof target === 'object' && target !== null) return target;
  if (typeof target !== 'string' || !URL.canParse(target)) throw invalid(target);
  const { hostname, port } = new URL(target);
  // A URL has an IPv6 address in brackets, a socket has not.
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? REDIS_PORT : Number(port) };
}

/** Returns an error whose message has no URL, because a URL may contain a password. */
function invalid(target: unknown): SessionUsageError {
  const received =
    typeof target === 'string' ? 'another text' : shown(JSON.stringify(target) ?? typeof target);
  return new SessionUsageError(
    `FaultProxy: expected a port, { host, port } or a URL such as redis://127.0.0.1:6379, received ${received}. ` +
      'Pass the address of the server that the application would connect to.',
  );
}

import { readFileSync } from 'node:fs';
import type { RedisTarget } from 'nestjs-redis-session/redis';
import { usageFailure } from '../failure.js';
import { shown } from '../parse.js';
import type { ConnectionOptions } from './options.js';

/** The environment variables with passwords. Passwords have no flag, because other users of the machine can read flags. */
export interface PasswordVariables {
  readonly REDIS_PASSWORD?: string | undefined;
  readonly REDIS_SENTINEL_PASSWORD?: string | undefined;
}

/**
 * Returns the address of Redis from options and environment variables.
 *
 * @throws Failure if they contradict each other, or a file cannot be read
 */
export function targetOf(options: ConnectionOptions, env: PasswordVariables = {}): RedisTarget {
  checkOne(options);
  const { host, port, db, cluster, sentinels, url } = options;
  const own = { ...credentialsOf(options, env), ...tlsOf(options), ...CLIENT };
  if (cluster !== undefined)
    return { cluster: addressesOf('--cluster', cluster), options: { redisOptions: own } };
  if (sentinels !== undefined) return sentinelTarget(options, env, own);
  if (url !== undefined) return { url, options: { ...own, ...(db !== undefined && { db }) } };
  return {
    ...own,
    host: host ?? '127.0.0.1',
    port: port ?? 6379,
    ...(db !== undefined && { db }),
  };
}

/** Connects without waiting until a loading server is ready, so that the reason of the wait can be reported. */
const CLIENT = { enableReadyCheck: false };

/** Checks that the options name one address. A flag wins over the variables, which commander has merged before. */
function checkOne({ url, host, cluster, sentinels, master }: ConnectionOptions): void {
  const given = Object.entries({
    '--url': url,
    '--host': host,
    '--cluster': cluster,
    '--sentinels': sentinels,
  })
    .filter(([, value]) => value !== undefined)
    .map(([flag]) => flag);
  if (given.length > 1) {
    throw usageFailure(
      `expected one address of Redis, received ${given.join(' and ')} (flags, or the variables REDIS_URL, REDIS_HOST, REDIS_NODES, REDIS_SENTINELS). Remove all but one.`,
    );
  }
  if (sentinels !== undefined && master === undefined) {
    throw usageFailure(
      'expected --master beside --sentinels: the name by which the Sentinels know the master.',
    );
  }
}

function sentinelTarget(options: ConnectionOptions, env: PasswordVariables, own: object): RedisTarget {
  const { sentinels = '', master, db, sentinelUsername, sentinelPasswordFile } = options;
  const password = passwordOf(sentinelPasswordFile, env.REDIS_SENTINEL_PASSWORD);
  const { tls } = tlsOf(options);
  return {
    ...own,
    sentinels: addressesOf('--sentinels', sentinels),
    name: master ?? '',
    ...(db !== undefined && { db }),
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(password !== undefined && { sentinelPassword: password }),
    ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

function credentialsOf(
  { username, passwordFile }: ConnectionOptions,
  env: PasswordVariables,
): { username?: string; password?: string } {
  const password = passwordOf(passwordFile, env.REDIS_PASSWORD);
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}

function passwordOf(file: string | undefined, variable: string | undefined): string | undefined {
  if (file === undefined) return variable;
  // A text file ends with a line break, which is no part of the password.
  return readText('password', file === '-' ? 0 : file).replace(/\r?\n$/, '');
}

function tlsOf({ tls, ca, cert, key, url }: ConnectionOptions): { tls?: object } {
  const files = {
    ...(ca !== undefined && { ca: readText('certificate authority', ca) }),
    ...(cert !== undefined && { cert: readText('certificate', cert) }),
    ...(key !== undefined && { key: readText('private key', key) }),
  };
  if (!tls && Object.keys(files).length === 0) return {};
  if (url !== undefined && !/^rediss:/i.test(url)) {
    throw usageFailure(
      'expected a rediss:// URL beside --tls, --ca, --cert or --key, received a redis:// URL.',
    );
  }
  return { tls: files };
}

/** Parses `one:6379, two:6379`. */
function addressesOf(flag: string, list: string): { host: string; port: number }[] {
  return list.split(',').map((text) => {
    const address = text.trim();
    const url = URL.canParse(`tcp://${address}`) ? new URL(`tcp://${address}`) : null;
    if (url?.hostname && url.port)
      return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
    throw usageFailure(`${flag}: expected host:port, such as one:6379,two:6379, received ${shown(address)}.`);
  });
}

function readText(what: string, file: string | number): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageFailure(`The file of the ${what} cannot be read: ${(error as Error).message}.`);
  }
}

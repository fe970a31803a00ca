import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis';

/** A Redis Cluster, by some of its nodes. */
export interface RedisClusterTarget {
  readonly cluster: readonly ClusterNode[];
  readonly options?: ClusterOptions;
}

/** A URL, and what does not fit into one: the certificate authority of a `rediss://` URL, for example. */
export interface RedisUrlTarget {
  readonly url: string;
  readonly options?: RedisOptions;
}

/** An ioredis client, `Redis` or `Cluster`: of version 5 or 6, and of whichever copy of the library. */
export interface IoredisClient {
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: object;
  evalsha(...sha1AndKeysAndArguments: never[]): unknown;
  disconnect(): void;
}

/**
 * The address of Redis: a URL (`redis://` or `rediss://`), alone or with options; the options of an ioredis client, which
 * may name Sentinels; the nodes of a Cluster; or a client of the application, which the
 * module never closes.
 */
export type RedisTarget = string | RedisUrlTarget | RedisOptions | RedisClusterTarget | IoredisClient;

/** A target other than a client. */
export type Address = Exclude<RedisTarget, IoredisClient>;

/** Returns `true` for an ioredis client, of any copy of the library. */
export function isClient(target: RedisTarget): target is IoredisClient {
  return typeof target === 'object' && 'evalsha' in target && typeof target.evalsha === 'function';
}

/** Returns the address of a target, without its password. */
export function describe(target: Address): string {
  if (typeof target === 'string') {
    return URL.canParse(target) ? new URL(target).host || '127.0.0.1' : 'the given address';
  }
  if ('url' in target) return describe(target.url);
  if ('cluster' in target) return `any of ${target.cluster.map(describeNode).join(', ')}`;
  if (target.sentinels) return `${target.name ?? 'the master'} as named by its sentinels`;
  return target.path ?? `${target.host ?? '127.0.0.1'}:${target.port ?? 6379}`;
}

/** Returns the address of Redis for messages, without its password. */
export function describeTarget(target: RedisTarget): string {
  return isClient(target) ? 'the address of the client' : describe(target);
}

/**
 * Returns what is wrong with a target, as a sentence without its password; `null`: nothing. ioredis takes a database or
 * a port that is no number without a word, and fails later where nothing can catch the error.
 */
export function problemOfTarget(target: RedisTarget): string | null {
  if (isClient(target)) return target.isCluster ? problemOfClusterOptions(target.options) : null;
  if (typeof target === 'string') return problemOfUrl(target);
  // The client of another library has methods where options have values.
  if (['sendCommand', 'connect', 'customCommand'].some((name) => isMethod(target, name)))
    return OTHER_LIBRARY;
  if ('url' in target) return problemOfUrl(target.url) ?? problemOfOptions(target.options ?? {});
  if ('cluster' in target) return problemOfCluster(target);
  return problemOfOptions(target);
}

const OTHER_LIBRARY =
  'expected an ioredis client, received a client of another library, such as node-redis. ' +
  'Create one with "new Redis(url)" of ioredis, or pass the URL itself.';

const URL_FORM =
  'expected a URL such as redis://user:password@host:6379/0, with special characters of the password in percent form';

function problemOfUrl(text: unknown): string | null {
  if (typeof text !== 'string' || !/^rediss?:\/\/./i.test(text) || !URL.canParse(text)) {
    return `${URL_FORM}, received one that cannot be read.`;
  }
  const { username, password, pathname, port, hash, searchParams } = new URL(text);
  if (hash !== '') return `${URL_FORM}, received one with a "#". In a password, write it as %23.`;
  if (![username, password].every(isPercentForm))
    return `${URL_FORM}, received a "%" that begins no such form.`;
  return (
    problemOfPort(port || undefined) ??
    problemOfDatabase(pathname.slice(1) || undefined) ??
    problemOfDatabase(searchParams.get('db') ?? undefined)
  );
}

function problemOfOptions({ db, port, sentinels, name }: RedisOptions): string | null {
  if (sentinels && (!Array.isArray(sentinels) || sentinels.length === 0)) {
    return 'expected "sentinels" to name at least one Sentinel, received none.';
  }
  if (sentinels && !name) return 'expected "name", by which the Sentinels know the master, received none.';
  return problemOfDatabase(db) ?? problemOfPort(port);
}

function problemOfCluster({ cluster, options }: RedisClusterTarget): string | null {
  if (!Array.isArray(cluster) || cluster.length === 0) {
    return 'expected "cluster" to name at least one node, received none.';
  }
  for (const node of cluster as readonly ClusterNode[]) {
    const problem = problemOfNode(node);
    if (problem) return problem;
  }
  return problemOfClusterOptions(options ?? {});
}

function problemOfNode(node: ClusterNode): string | null {
  if (typeof node === 'number') return problemOfPort(node);
  if (typeof node === 'object') return problemOfPort(node.port);
  // ioredis takes "host:port" too.
  return problemOfUrl(/^rediss?:\/\//i.test(node) ? node : `redis://${node}`);
}

function problemOfClusterOptions(options: ClusterOptions): string | null {
  const { db } = (options.redisOptions ?? {}) as RedisOptions;
  if (db === undefined || Number(db) === 0) return null;
  return `expected no database number for a Cluster, which has only database 0, received ${shown(db)}. Use the option "prefix" to keep applications apart.`;
}

function problemOfDatabase(db: unknown): string | null {
  if (db === undefined || isWholeNumber(db, 0, Number.MAX_SAFE_INTEGER)) return null;
  return `expected the number of a database, such as 0 or 1, received ${shown(db)}. Correct "db", or the end of the URL.`;
}

function problemOfPort(port: unknown): string | null {
  if (port === undefined || isWholeNumber(port, 1, 65_535)) return null;
  return `expected a port from 1 to 65535, received ${shown(port)}. Correct "port".`;
}

/** ioredis takes numbers as text too. */
function isWholeNumber(value: unknown, least: number, most: number): boolean {
  if (typeof value !== 'number' && !(typeof value === 'string' && /^\d+$/.test(value))) return false;
  const number = Number(value);
  return Number.isSafeInteger(number) && number >= least && number <= most;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}

function isPercentForm(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isMethod(target: object, name: string): boolean {
  return typeof (target as Record<string, unknown>)[name] === 'function';
}

function describeNode(node: ClusterNode): string {
  if (typeof node === 'object') return `${node.host ?? '127.0.0.1'}:${node.port ?? 6379}`;
  return typeof node === 'number' ? `127.0.0.1:${node}` : node.replace(/\/\/.*@/, '//');
}

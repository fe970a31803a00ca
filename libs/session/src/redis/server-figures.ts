import type { Cluster, Redis } from 'ioredis';
import { withDeadline } from './deadline.js';
import { type InfoFields, parseInfo, parseParts } from './info.js';
import { isCluster, mastersOf, selectedDatabase, socketOf } from './ioredis-internals.js';

/** Figures of one Redis server, from its `INFO`. Those that the server does not report are `null`. */
export interface ServerFigures {
  /** Host name or address of the server, or the path of its socket. */
  readonly address: string;
  /** Port of the server; `null` for a Unix socket. */
  readonly port: number | null;
  /** Memory of the data and of Redis' own structures, in bytes. */
  readonly memoryUsedBytes: number | null;
  /** Memory that the operating system has given to the server, in bytes. */
  readonly memoryResidentBytes: number | null;
  /** The setting `maxmemory`, in bytes; `null` without one. */
  readonly memoryLimitBytes: number | null;
  /** Resident memory as a multiple of used memory. */
  readonly fragmentationRatio: number | null;
  /** Number of keys that Redis evicted because its memory was full, since the server started. */
  readonly evictedKeys: number | null;
  /** Number of lookups of existing keys, since the server started. */
  readonly keyspaceHits: number | null;
  /** Number of lookups of absent keys, since the server started. */
  readonly keyspaceMisses: number | null;
  /** Number of connections of clients. */
  readonly connectedClients: number | null;
  /** Bytes received from clients and from the master, since the server started. */
  readonly networkInputBytes: number | null;
  /** Bytes sent to clients and replicas, since the server started. */
  readonly networkOutputBytes: number | null;
  /** Number of connected replicas. */
  readonly replicas: number | null;
  /** Bytes of the replication stream that the slowest replica has not confirmed; `null` without replicas. */
  readonly replicationLagBytes: number | null;
  /** Number of keys in the database of the sessions. */
  readonly keys: number | null;
  /** Number of those keys that have no lifetime. The module writes none, so they belong to other applications. */
  readonly keysWithoutLifetime: number | null;
}

/** Reads the figures of each server that receives writes. Servers that do not answer within the deadline have an error instead. */
export function readServerFigures(
  client: Redis | Cluster,
  deadlineMs: number,
): Promise<PromiseSettledResult<ServerFigures>[]> {
  const database = isCluster(client) ? 0 : selectedDatabase(client);
  const read = async (node: Redis) => {
    const info = parseInfo(await withDeadline(node.info(), deadlineMs));
    return { ...addressOf(node), ...figuresIn(info, database) };
  };
  return Promise.allSettled(mastersOf(client).map(read));
}

/** Returns the address of a server. Sentinels choose it, so behind them only the socket has it. */
function addressOf(node: Redis): Pick<ServerFigures, 'address' | 'port'> {
  const { path, host, port, sentinels } = node.options;
  if (path) return { address: path, port: null };
  const { remoteAddress, remotePort } = socketOf(node) ?? {};
  if (sentinels) return { address: remoteAddress ?? 'unknown', port: remotePort ?? null };
  return { address: host ?? 'localhost', port: port ?? null };
}

/** Returns the figures in the fields of INFO. */
export function figuresIn(info: InfoFields, database: number): Omit<ServerFigures, 'address' | 'port'> {
  const number = (name: string) => numberIn(info[name]);
  return {
    memoryUsedBytes: number('used_memory'),
    memoryResidentBytes: number('used_memory_rss'),
    memoryLimitBytes: limitIn(info),
    fragmentationRatio: number('mem_fragmentation_ratio'),
    evictedKeys: number('evicted_keys'),
    keyspaceHits: number('keyspace_hits'),
    keyspaceMisses: number('keyspace_misses'),
    connectedClients: number('connected_clients'),
    networkInputBytes: number('total_net_input_bytes'),
    networkOutputBytes: number('total_net_output_bytes'),
    replicas: number('connected_slaves'),
    replicationLagBytes: replicationLagIn(info),
    ...keysIn(info, database),
  };
}

function numberIn(text: string | undefined): number | null {
  const value = Number(text);
  return text === undefined || text === '' || Number.isNaN(value) ? null : value;
}

/** Returns the setting `maxmemory`, which is 0 without a limit. */
function limitIn(info: InfoFields): number | null {
  const limit = numberIn(info['maxmemory']);
  return limit === 0 ? null : limit;
}

function replicationLagIn(info: InfoFields): number | null {
  const written = numberIn(info['master_repl_offset']);
  const replicas = Object.entries(info).filter(([name]) => /^slave\d+$/.test(name));
  const confirmed = replicas.map(([, value = '']) => numberIn(parseParts(value)['offset']) ?? 0);
  return written === null || confirmed.length === 0 ? null : Math.max(0, written - Math.min(...confirmed));
}

/** Counts the keys of a database. INFO has no line for an empty one. */
function keysIn(info: InfoFields, database: number): Pick<ServerFigures, 'keys' | 'keysWithoutLifetime'> {
  const line = info[`db${database}`];
  if (line === undefined) return { keys: 0, keysWithoutLifetime: 0 };
  const { keys, expires } = parseParts(line);
  const count = numberIn(keys);
  const mortal = numberIn(expires);
  return {
    keys: count,
    keysWithoutLifetime: count === null || mortal === null ? null : Math.max(0, count - mortal),
  };
}

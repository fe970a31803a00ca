import { averageOf, sum } from './arithmetic.js';
import { RedisStructures, type ServerLayout } from './redis-structures.js';
import { fieldLengths, INDEX_MEMBERS, keyLengths, type SessionShape } from './session-shape.js';
import { trackingTableBytes } from './tracking-table.js';

/** The contents of one master. */
export interface Contents {
  /** Shapes of sessions, which are equally frequent. */
  readonly shapes: readonly SessionShape[];
  /** Measured size of a session for each byte that this model predicts. */
  readonly calibration: number;
  readonly sessions: number;
  /** The number of users among whom the sessions are divided evenly. 0 if they are anonymous. */
  readonly users: number;
  /** The number of notices and of keys for repeated sign-ins at a time. */
  readonly notices: number;
  readonly sources: number;
  /** The number of sessions of which processes hold copies, and of processes that hold each of them. */
  readonly trackedSessions: number;
  readonly trackingProcesses: number;
  readonly connections: number;
  readonly replicas: number;
}

/** The memory of one master by purpose, in bytes, as `used_memory` counts it. */
export interface Memory {
  readonly sessions: number;
  readonly indexes: number;
  /** End notices, and keys that make repeated sign-ins idempotent. */
  readonly notices: number;
  /** The tables of keys and of expiries. */
  readonly keyTables: number;
  readonly trackingTable: number;
  readonly connections: number;
  readonly replication: number;
  /** An empty server with the module's scripts. */
  readonly server: number;
  readonly used: number;
  /** The most that is used when one more key makes both tables double: Redis keeps the old ones until their entries have moved. */
  readonly usedWhileTablesDouble: number;
}

/** Measured on Redis 7.0: 0.9 MB after the start, 0.25 MB for the scripts. */
const SERVER_BYTES = 1_150_000;
/** Measured: the buffers of a connection in use. Redis frees most of them when it is idle. */
const CONNECTION_BYTES = 40_000;
/** The default of `repl-backlog-size`, which all replicas share. */
const BACKLOG_BYTES = 1024 * 1024;
/** Texts of a notice, and of the key that a sign-in keeps for a repetition. */
const NOTICE_BYTES = '1800000000000:{"reason":"signed-out"}'.length;
const SOURCE_BYTES = 'x'.repeat(22 + 1 + 43).length;

/** Returns the memory of one master. */
export function memoryOf(contents: Contents, layout: ServerLayout): Memory {
  const { shapes, calibration, sessions, users, connections, replicas } = contents;
  const structures = new RedisStructures(layout);
  const keys = sessions + users + contents.notices + contents.sources;
  const parts = {
    sessions: sessions * calibration * averageOf(shapes, (shape) => sessionBytes(shape, layout)),
    indexes: indexesBytes(contents, layout),
    notices: noticesBytes(contents, structures),
    keyTables: structures.keyTables(keys),
    trackingTable: trackingTableBytes(
      { keys: contents.trackedSessions, processes: contents.trackingProcesses },
      layout.quantumBytes,
    ),
    connections: connections * CONNECTION_BYTES,
    replication: replicas > 0 ? BACKLOG_BYTES : 0,
    server: SERVER_BYTES,
  };
  const used = sum(Object.values(parts));
  return { ...parts, used, usedWhileTablesDouble: used + 2 * parts.keyTables };
}

/** Returns the size of a session with its key, without its index. */
export function sessionBytes(shape: SessionShape, layout: ServerLayout): number {
  const structures = new RedisStructures(layout);
  return structures.key(keyLengths(shape).session) + structures.hash(fieldLengths(shape));
}

/** Returns the size of the index of a user with this many sessions, with its key. */
export function indexBytes(shape: SessionShape, sessions: number, layout: ServerLayout): number {
  const structures = new RedisStructures(layout);
  return structures.key(keyLengths(shape).index) + structures.sortedSet(INDEX_MEMBERS, sessions);
}

/** Returns the size of all indexes: users have the average number of sessions, rounded down or up. */
function indexesBytes({ shapes, sessions, users }: Contents, layout: ServerLayout): number {
  if (users === 0) return 0;
  const least = Math.floor(sessions / users);
  const usersWithMore = sessions - least * users;
  const bytesOf = (count: number) => averageOf(shapes, (shape) => indexBytes(shape, count, layout));
  return usersWithMore * bytesOf(least + 1) + (users - usersWithMore) * bytesOf(least);
}

function noticesBytes({ shapes, notices, sources }: Contents, structures: RedisStructures): number {
  const keys = keyLengths(shapes[0] as SessionShape);
  const ofNotice = structures.key(keys.notice) + structures.string(NOTICE_BYTES);
  const ofSource = structures.key(keys.source) + structures.string(SOURCE_BYTES);
  return notices * ofNotice + sources * ofSource;
}

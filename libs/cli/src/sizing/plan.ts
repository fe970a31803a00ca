import { averageOf } from './arithmetic.js';
import { busyShare, type Capacity, hitRateFor, mastersFor, type Rates } from './capacity.js';
import { type Connections, connectionsOf, mastersOf, type Topology } from './connections.js';
import { type Contents, indexBytes, type Memory, memoryOf, sessionBytes } from './memory.js';
import type { ServerLayout } from './redis-structures.js';
import type { SessionShape } from './session-shape.js';
import { OPERATIONS, type Operation, totalTraffic, type Traffic } from './traffic.js';

/** An installation and its load, from which a plan follows. */
export interface Workload {
  /** Shapes of sessions, which are equally frequent: one that is given, or those of a sample. */
  readonly shapes: readonly SessionShape[];
  /** Measured size of a session for each byte that the model predicts; 1 without a measurement. */
  readonly calibration: number;
  /** Live sessions, and the users that they belong to; no users if they are anonymous. */
  readonly sessions: number;
  readonly users: number;
  readonly load: Load;
  readonly processes: number;
  /** `null` without the option `cache`. */
  readonly cache: { readonly hitRate: number; readonly stalenessMs: number } | null;
  readonly isDurable: boolean;
  readonly topology: Topology;
  readonly persistence: Persistence;
  readonly layout: ServerLayout;
  /** Resident memory for each byte that Redis uses. */
  readonly fragmentation: number;
  readonly capacity: Capacity;
}

/** The load, in operations a second. */
export interface Load {
  /** Requests with a session. */
  readonly requests: number;
  readonly signIns: number;
  readonly signOuts: number;
  /** Requests that change fields of a session. */
  readonly writes: number;
  /** Sessions with requests at present. */
  readonly activeSessions: number;
}

export const PERSISTENCE = ['none', 'rdb', 'aof'] as const;
export type Persistence = (typeof PERSISTENCE)[number];

/** The figures of an installation. Memory and CPU are those of one master, traffic that of all of them. */
export interface Plan {
  readonly masters: number;
  readonly servers: number;
  readonly sessionBytes: number;
  /** Size of the index of a user with the average number of sessions, rounded up. */
  readonly indexBytes: number;
  readonly memory: Memory;
  /** `maxmemory`, so that the alarm at 80 % stays silent. */
  readonly maxmemoryBytes: number;
  /** Memory that a snapshot adds while it is written: pages that change meanwhile are copied. */
  readonly copyOnWriteBytes: number;
  /** The memory of a server: `maxmemory` with fragmentation, and the copied pages. */
  readonly serverBytes: number;
  readonly rates: Rates;
  readonly traffic: Traffic;
  /** Bytes a second from one master: to clients and to its replicas. */
  readonly sentByMaster: number;
  /** Bytes a second that one master appends to its file; 0 without AOF. */
  readonly appended: number;
  /** The share of a second that the thread of one master is busy. */
  readonly busyShare: number;
  readonly connections: Connections;
  readonly needed: Needs;
}

/** The ways to serve the load with a Redis that is busy for at most 70 % of its time. */
export interface Needs {
  readonly masters: number;
  /** Hit rate of the cache with the present masters; `null` if no hit rate is enough. */
  readonly hitRate: number | null;
}

/** Utilisation above which waiting times grow quickly. */
export const BUSY_AT_MOST = 0.7;
/** The share of `maxmemory` above which an alarm is due. */
const MEMORY_ALARM = 0.8;
/** A touch is due after a tenth of the idle timeout. */
const TOUCH_SHARE = 0.1;
/** Sessions that a process remembers to exist, without and with the cache. It reads others by a script first. */
const KNOWN_SESSIONS = 200_000;
const KNOWN_SESSIONS_OF_CACHE = 40_000;
/** Defaults of `endReasons` and of the lifetime of the key for repeated sign-ins, in seconds. */
const NOTICE_SECONDS = 600;
const SOURCE_SECONDS = 10;
/** The default of `tracking-table-max-keys`. */
const TRACKED_KEYS_MAX = 1_000_000;
const HEARTBEATS_PER_BOUND = 3;
const PAGE_BYTES = 4096;
/** Measured by `rdb_last_cow_size`: pages that a touch changes, those of the session, its index and the entries of their expiries. */
const PAGES_PER_WRITE = 4;
/** Measured on a busy machine: bytes of `used_memory` that a snapshot of small sessions writes in a second. Others are faster. */
const SNAPSHOT_BYTES_PER_SECOND = 20e6;

/** Returns the figures of an installation. */
export function planOf(workload: Workload): Plan {
  const { shapes, calibration, sessions, users, topology, capacity } = workload;
  const layout = { ...workload.layout, isCluster: topology.kind === 'cluster' };
  const masters = mastersOf(topology);
  const rates = ratesOf(workload);
  const perMaster = scaled(rates, 1 / masters);
  const traffic = totalTraffic(shapes, rates);
  const memory = memoryOf(contentsOfMaster(workload, rates), layout);
  const maxmemoryBytes = Math.max(memory.used / MEMORY_ALARM, memory.usedWhileTablesDouble);
  const copyOnWriteBytes = copiedBytes(workload, memory.used, writesOf(perMaster));
  const { replicasPerMaster } = topology;
  const perUser = Math.ceil(sessions / users);
  return {
    masters,
    servers: masters * (1 + replicasPerMaster),
    sessionBytes: calibration * averageOf(shapes, (shape) => sessionBytes(shape, layout)),
    indexBytes: users === 0 ? 0 : averageOf(shapes, (shape) => indexBytes(shape, perUser, layout)),
    memory,
    maxmemoryBytes,
    copyOnWriteBytes,
    serverBytes: maxmemoryBytes * workload.fragmentation + copyOnWriteBytes,
    rates,
    traffic,
    sentByMaster: (traffic.sent + replicasPerMaster * traffic.replicated) / masters,
    appended: workload.persistence === 'aof' ? traffic.replicated / masters : 0,
    busyShare: busyShare(perMaster, capacity),
    connections: connectionsOf(topology, optionsOf(workload)),
    needed: needsOf(workload, rates),
  };
}

function optionsOf({ cache, isDurable }: Workload) {
  return { isCached: cache !== null, isDurable };
}

/** Returns the rates of all operations. Sessions end as often as they begin: those that no sign-out ends expire. */
function ratesOf({ load, cache, shapes, processes, topology }: Workload): Rates {
  const { requests, signIns, signOuts, writes, activeSessions } = load;
  const misses = requests * (1 - (cache?.hitRate ?? 0));
  const known = knownShare(activeSessions, cache !== null);
  const idleMs = averageOf(shapes, (shape) => shape.idleMs);
  const touch = touchesOf(requests, activeSessions, idleMs);
  const beatsPerSecond = cache ? (HEARTBEATS_PER_BOUND * 1000) / cache.stalenessMs : 0;
  return {
    read: cache ? 0 : misses * known,
    firstRead: misses * (1 - known),
    trackedRead: cache ? misses : 0,
    touch,
    write: writes,
    signIn: signIns,
    signOut: signOuts,
    invalidation: cache ? Math.min(processes * (touch + writes + signOuts), misses) : 0, // of each copy at most one
    heartbeat: processes * mastersOf(topology) * beatsPerSecond,
    expiry: Math.max(0, signIns - signOuts),
  };
}

/** Returns the share of the active sessions that a process remembers to exist. */
function knownShare(activeSessions: number, isCached: boolean): number {
  return Math.min(1, (isCached ? KNOWN_SESSIONS_OF_CACHE : KNOWN_SESSIONS) / activeSessions);
}

/** Returns the touches a second: of each active session the first request after a tenth of the idle timeout. */
function touchesOf(requests: number, activeSessions: number, idleMs: number): number {
  if (requests === 0 || activeSessions === 0) return 0;
  const secondsBetweenRequests = activeSessions / requests;
  return activeSessions / ((TOUCH_SHARE * idleMs) / 1000 + secondsBetweenRequests);
}

function writesOf({ touch, write, signIn, signOut, expiry }: Rates): number {
  return touch + write + signIn + signOut + expiry;
}

function scaled(rates: Rates, factor: number): Rates {
  return Object.fromEntries(OPERATIONS.map((name) => [name, rates[name] * factor])) as Record<
    Operation,
    number
  >;
}

function contentsOfMaster(workload: Workload, rates: Rates): Contents {
  const { shapes, calibration, sessions, users, load, processes, cache, topology } = workload;
  const masters = mastersOf(topology);
  const { perMaster } = connectionsOf(topology, optionsOf(workload));
  return {
    shapes,
    calibration,
    sessions: sessions / masters,
    users: users / masters,
    notices: (load.signOuts * NOTICE_SECONDS) / masters,
    sources: (load.signIns * SOURCE_SECONDS) / masters,
    trackedSessions: cache ? Math.min(load.activeSessions / masters, TRACKED_KEYS_MAX) : 0,
    trackingProcesses: holdersOf(processes, rates),
    connections: processes * perMaster,
    replicas: topology.replicasPerMaster,
  };
}

/** Returns the number of processes that hold a copy of a session: those that have read it since its last change. */
function holdersOf(processes: number, { trackedRead, touch, write, signOut }: Rates): number {
  if (trackedRead === 0) return 0;
  return Math.max(1, Math.min(processes, Math.round(trackedRead / (touch + write + signOut))));
}

/** Returns the memory of the pages that change while a snapshot is written, for a file or for a new replica. */
function copiedBytes({ persistence, topology }: Workload, used: number, writes: number): number {
  if (persistence === 'none' && topology.replicasPerMaster === 0) return 0;
  const seconds = used / SNAPSHOT_BYTES_PER_SECOND;
  const changed = writes * seconds * PAGES_PER_WRITE * PAGE_BYTES;
  return used * -Math.expm1(-changed / used); // writes hit some pages more than once
}

function needsOf({ load, topology, capacity }: Workload, rates: Rates): Needs {
  const { requests, activeSessions } = load;
  const { read, firstRead, trackedRead } = capacity.cpuMicros;
  const [known, knownOfCache] = [knownShare(activeSessions, false), knownShare(activeSessions, true)];
  const reads = {
    perSecond: requests,
    uncachedMicros: known * read + (1 - known) * firstRead,
    missMicros: trackedRead + (1 - knownOfCache) * firstRead,
  };
  const others = { ...rates, read: 0, firstRead: 0, trackedRead: 0 };
  const bounds = { masters: mastersOf(topology), busyAtMost: BUSY_AT_MOST };
  return {
    masters: mastersFor(rates, capacity, BUSY_AT_MOST),
    hitRate: hitRateFor(reads, others, capacity, bounds),
  };
}

import type { Redis } from 'ioredis';
import type { Instant } from '../history.js';
import type { WorkerRedis } from '../protocol.js';
import type { Random } from '../random.js';

/** One kind of fault. It resolves when all is well again. */
export interface FaultKind {
  readonly name: string;
  /** Weight in the choice among faults. */
  readonly weight: number;
  run(random: Random): Promise<FaultReport | void>;
}

/** Maximum lag of a replica behind its master, which is milliseconds unless the machine is busy. */
export const REPLICA_MAY_LAG_MS = 1_000;

/** Report of a fault. Without a report, no loss is allowed. */
export interface FaultReport {
  /** From when on acknowledged operations may be lost. 0: all of them may. */
  readonly mayLoseSince: Instant;
}

/**
 * Persistence of a standalone server, and the writes that a restart may lose.
 *
 * - `memory`: no persistence, and no restart is among the faults, so nothing may be lost
 * - `aof-always`: every command is on disk before its answer leaves; a restart loses nothing either
 * - `aof-everysec`: about a second may be lost. `none`: everything is lost
 */
export type Persistence = 'memory' | 'aof-always' | 'aof-everysec' | 'none';

export type SiteName = `standalone/${Persistence}` | 'sentinel' | 'cluster';

/** Somewhere that sessions are kept, and what can happen to it. */
export interface Site {
  readonly name: SiteName;
  /** Target of Redis for worker processes. */
  readonly redis: WorkerRedis;
  /** The one that this site is there for comes first, and is the first to strike. */
  readonly faults: readonly FaultKind[];
  /** Returns the servers that currently hold the sessions. */
  masters(): readonly Redis[];
  /** Detects a change of these servers that the nemesis did not cause, and updates the known ones. */
  hasDrifted(): Promise<boolean>;
  stop(): Promise<void>;
}

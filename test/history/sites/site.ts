import type { Redis } from 'ioredis';
import type { Instant } from '../history.js';
import type { WorkerRedis } from '../protocol.js';
import type { Random } from '../random.js';

/** One kind of fault. It resolves when all is well again. */
export interface FaultKind {
  readonly name: string;
  /** How often it is chosen, beside the others. */
  readonly weight: number;
  run(random: Random): Promise<FaultReport | void>;
}

/** What a replica may be behind its master. It follows within milliseconds, on a machine that has time for it. */
export const REPLICA_MAY_LAG_MS = 1_000;

/** What is to be known of a fault. Without a report it may have lost nothing. */
export interface FaultReport {
  /** From when on acknowledged operations may be lost. 0: all of them may. */
  readonly mayLoseSince: Instant;
}

/**
 * Whether and how a standalone server keeps what it has on disk, and what a restart may lose by that.
 *
 * - `memory`: it does not, and no restart is among the faults; so nothing may be lost
 * - `aof-always`: every command is on disk before its answer leaves; a restart loses nothing either
 * - `aof-everysec`: about a second may be lost. `none`: everything is
 */
export type Persistence = 'memory' | 'aof-always' | 'aof-everysec' | 'none';

export type SiteName = `standalone/${Persistence}` | 'sentinel' | 'cluster';

/** Somewhere that sessions are kept, and what can happen to it. */
export interface Site {
  readonly name: SiteName;
  /** What worker processes are told. */
  readonly redis: WorkerRedis;
  /** The one that this site is there for comes first, and is the first to strike. */
  readonly faults: readonly FaultKind[];
  /** The servers that hold the sessions now. */
  masters(): readonly Redis[];
  /** Whether other servers do than was last known, by a fault of nobody's making. Then they are known from here on. */
  hasDrifted(): Promise<boolean>;
  stop(): Promise<void>;
}

import type { Meter } from '../core/runtime/statistics.js';
import type { ElapsedTime } from '../cache/elapsed-time.js';
import type { TrackingListener } from '../cache/tracked-source.js';
import type { RedisKeys } from './keys.js';

/** The parts that all trackers and channels of one store share. */
export interface TrackingContext {
  readonly keys: RedisKeys;
  /** The prefix that the client which writes adds to all keys. */
  readonly keyPrefix: string;
  readonly deadlineMs: number;
  readonly stalenessMs: number;
  readonly time: ElapsedTime;
  readonly listener: TrackingListener;
  /** Counts and times the reads over tracked connections. */
  readonly meter?: Meter | undefined;
  /** Writes to a key that stays empty, by the client that writes sessions. */
  readonly probe: (key: string) => Promise<unknown>;
}

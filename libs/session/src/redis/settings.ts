import type { Meter } from '../core/runtime/statistics.js';
import type { RecordProblem } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import type { RedisCaller } from './caller.js';

/** What a `RedisStore` needs to know. */
export interface RedisStoreSettings {
  /** What all keys begin with. */
  readonly prefix: string;
  /** How long a call may take, in milliseconds. */
  readonly deadlineMs: number;
  /** How long the reason of a session's end is kept, in milliseconds. */
  readonly noticeTtlMs: number;
  /**
   * How many bytes the application's fields of a session may take, with their names.
   *
   * @defaultValue 65536
   */
  readonly maxBytes?: number;
  /**
   * How many of a session of nobody.
   *
   * @defaultValue as many as of any other
   */
  readonly anonymousMaxBytes?: number;
  /** Told of what is stored under a session's id and cannot be used. */
  readonly onUnusable?: (id: SessionId, problem: RecordProblem) => void;
  /** Counts and times the calls. */
  readonly meter?: Meter;
  /** What runs the scripts that end sessions, and maybe waits for replicas. */
  readonly endings?: Pick<RedisCaller, 'run'>;
}

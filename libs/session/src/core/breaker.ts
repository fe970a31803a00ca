import type { Shard } from './token.js';

/**
 * Whether a store is asked at all.
 *
 * - `closed`: as ever. `open`: it has failed again and again, and calls fail at once without reaching it
 * - `half-open`: one call is under way to find out whether it is back
 */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** What stops calls to a store that is away. */
export interface StoreBreaker {
  readonly state: BreakerState;
  /** What failed last; `null`: nothing so far. */
  readonly lastError: Error | null;
  /** Calls `listener` with the new state whenever it changes. */
  onChange(listener: (state: BreakerState) => void): void;
  /** Whether the server that keeps a shard is known to be away while others serve. A store on one server does without. */
  isAway?(shard: Shard): boolean;
}

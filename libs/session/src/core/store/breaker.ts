import type { Shard } from '../record/token.js';

/**
 * State of a circuit breaker.
 *
 * - `closed`: calls reach the store
 * - `open`: calls fail at once, because earlier calls failed repeatedly
 * - `half-open`: one call at a time tests whether the store has recovered
 */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** The circuit breaker of a store, which stops calls while the store is unavailable. */
export interface StoreBreaker {
  readonly state: BreakerState;
  /** The last failure; `null` before the first. */
  readonly lastError: Error | null;
  /** Calls `listener` with the new state whenever it changes. */
  onChange(listener: (state: BreakerState) => void): void;
  /**
   * Returns true if the server of a shard is known to be unavailable while other servers are available. Optional for a store
   * on one server.
   */
  isUnavailable?(shard: Shard): boolean;
}

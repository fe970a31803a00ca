import type { SessionStore } from '../core/store.js';

/** A store under test, and what the suite needs from around it. */
export interface StoreHarness {
  /** A store that holds nothing. Two harnesses that are open at once do not see each other's sessions. */
  readonly store: SessionStore;
  /**
   * How long the store keeps the notice of an end, in milliseconds. Where it is given, the suite waits for that long
   * once to see a notice go; then let it be about a second. Where it is left out, let it be minutes.
   */
  readonly noticeTtlMs?: number;
  /** How many bytes the fields of a session may take. Where it is given, the suite checks that they never take more. */
  readonly maxBytes?: number;
  /** How many bytes those of a session of nobody may take, where that is less. */
  readonly anonymousMaxBytes?: number;
  /** Lets so much of the store's time pass: moves a fake clock, or waits. The suite asks for two seconds at most. */
  advance(ms: number): Promise<void>;
  /**
   * How many records of any kind the store holds. Where it is given, the suite checks that what comes late leaves
   * nothing behind.
   */
  countKeys?(): Promise<number>;
  /** Called at the end of each case. Rejects when something in the store is not as it should be at any time. */
  assertClean?(): Promise<void>;
  /** Closes the store and removes what it held. */
  close(): Promise<void>;
}

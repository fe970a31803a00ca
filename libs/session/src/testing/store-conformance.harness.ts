import type { SessionStore } from '../core/store/store.js';

/** A store under test, and what the suite needs from around it. */
export interface StoreHarness {
  /** A store that holds nothing. Two harnesses that are open at once do not see each other's sessions. */
  readonly store: SessionStore;
  /**
   * Time for which the store keeps the notice of an end, in milliseconds. If it is given, the suite waits for it once, to
   * see a notice expire, so it should be about a second. If it is absent, notices should be kept for minutes.
   */
  readonly noticeTtlMs?: number;
  /** Maximum size of a session's fields in bytes. If it is given, the suite checks that no session exceeds it. */
  readonly maxBytes?: number;
  /** Maximum size of an anonymous session's fields in bytes, if it is lower. The suite stores up to 60 KiB in one. */
  readonly anonymousMaxBytes?: number;
  /** Lets so much of the store's time pass: moves a fake clock, or waits. The suite asks for two seconds at most. */
  advance(ms: number): Promise<void>;
  /**
   * Returns the number of records of any kind in the store. If it is given, the suite checks that late calls leave no record
   * behind.
   */
  countKeys?(): Promise<number>;
  /** Checks the store at the end of each case. Rejects if it violates an invariant that holds at any time. */
  assertClean?(): Promise<void>;
  /** Closes the store and removes what it held. */
  close(): Promise<void>;
}

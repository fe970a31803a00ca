import type { SessionId } from '../record/token.js';

/** An operation of a request that has a span of its own. */
export type TracedOperation = 'load' | 'commit' | 'sign_in';

/** Receives what counters cannot hold: distributions, and the course of operations. */
export interface SessionInstruments {
  /**
   * Records a call to the store.
   *
   * @param operation the name of the store's method
   * @param errorType the cause of the failure; `null` if the call succeeded
   */
  recordCall(operation: string, seconds: number, errorType: string | null): void;
  /** Records the size of a session's fields at a write. */
  recordSize(bytes: number): void;
  /**
   * Runs an operation, in a span if the request is traced.
   *
   * @param idOf returns the ID of the session from the result; `null` if there is none
   */
  trace<T>(
    operation: TracedOperation,
    run: () => Promise<T>,
    idOf: (result: T) => SessionId | null,
  ): Promise<T>;
}

import type { BreakerState } from '../store/breaker.js';
import { createHistogram } from 'node:perf_hooks';
import type { RecordableHistogram } from 'node:perf_hooks';
import { SessionTally } from './tally.js';

/** Statistics of calls to the store. */
export interface CallStatistics {
  /** Number of calls since the start, each of them one round trip. */
  readonly calls: number;
  /** Number of failed calls, including those that the circuit breaker rejected. */
  readonly failures: number;
  /** Duration of the calls of the last ten to twenty seconds, in milliseconds; `null` if there were none. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
}

/** Counters of anonymous sessions since the start. */
export interface AnonymousStatistics {
  /** Sessions that were created. */
  readonly created: number;
  /** Writes that were rejected because of `anonymous.maxBytes`. */
  readonly refused: number;
}

/** Counters of session cookies that opened no session since the start, by cause. */
export interface CookieStatistics {
  /** Cookies without the form of a token. They cause no call to the store. */
  readonly malformed: number;
  /** Forged cookies: they name a session that they do not open. */
  readonly forged: number;
  /** Cookies of a session that ended recently, so that its end reason is known. */
  readonly dead: number;
  /** Other cookies: their session expired, ended some time ago, or never existed. */
  readonly unknown: number;
}

/** Statistics of this process. */
export interface SessionStatistics {
  /** Number of requests since the start, with and without a session. */
  readonly requests: number;
  readonly anonymous: AnonymousStatistics;
  readonly cookies: CookieStatistics;
  readonly store: CallStatistics & {
    /** State of the circuit breaker; `null` if the store has none. */
    readonly breaker: BreakerState | null;
  };
}

const WINDOW_MS = 10_000;

/**
 * The session that a request came with.
 *
 * - `signedIn`, `anonymous`: a session with or without a user. `none`: no session
 * - `unavailable`: the session could not be loaded. `notLoaded`: the option `load` is `'lazy'`, and nothing used the session
 */
export type RequestState = 'signedIn' | 'anonymous' | 'none' | 'unavailable' | 'notLoaded';

/** Counts requests, and counts and times the calls to the store. */
export class Meter {
  readonly tally = new SessionTally();
  /** Requests that have passed the middleware. */
  requests = 0;
  /** The same requests by their session, counted when it is loaded, or at the head of the response. */
  readonly states: Record<RequestState, number> = {
    ...{ signedIn: 0, anonymous: 0, none: 0, unavailable: 0, notLoaded: 0 },
  };
  /** Requests while the store failed, by the response: 503, or one without a session. */
  readonly outages = { rejected: 0, anonymous: 0 };
  /** Calls to the store that have failed. */
  failures = 0;
  /** The failed calls by cause. */
  readonly failuresByCause = new Map<string, number>();
  /** The calls that reached the store, by operation. */
  readonly callsByOperation = new Map<string, number>();
  private calls = 0;
  private windowEndAt = 0;
  private recent: RecordableHistogram = createHistogram();
  private past: RecordableHistogram = createHistogram();

  /**
   * Counts a call that reached the store at a `performance.now()`, and records how long it took until now.
   *
   * @param errorType the cause of the failure; `null` if the call succeeded
   */
  recordCall(operation: string, startedAt: number, errorType: string | null = null): void {
    const now = performance.now();
    this.calls += 1;
    countIn(this.callsByOperation, operation);
    this.turn(now);
    // Zero does not fit into a histogram.
    this.recent.record(Math.max(1, Math.round((now - startedAt) * 1000)));
    this.tally.instruments?.recordCall(operation, (now - startedAt) / 1000, errorType);
  }

  /** Counts a call that failed, also one that the circuit breaker stopped. */
  recordFailure(errorType: string): void {
    this.failures += 1;
    countIn(this.failuresByCause, errorType);
  }

  read(): CallStatistics {
    this.turn(performance.now());
    const { calls, failures } = this;
    const both = createHistogram();
    both.add(this.recent);
    both.add(this.past);
    const at = (percentile: number) => both.percentile(percentile) / 1000;
    return { calls, failures, latencyMs: both.count > 0 ? { p50: at(50), p99: at(99) } : null };
  }

  private turn(now: number): void {
    if (now < this.windowEndAt) return;
    const isRecent = now < this.windowEndAt + WINDOW_MS;
    [this.past, this.recent] = isRecent ? [this.recent, this.past] : [this.past, this.recent];
    if (!isRecent) this.past.reset();
    this.recent.reset();
    this.windowEndAt = now + WINDOW_MS;
  }
}

function countIn(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

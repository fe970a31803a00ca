import type { BreakerState } from './breaker.js';
import { createHistogram } from 'node:perf_hooks';
import type { RecordableHistogram } from 'node:perf_hooks';

/** How calls to the store have gone. */
export interface CallStatistics {
  /** Calls since the start, each of them one round trip. */
  readonly calls: number;
  /** Those that failed, whether the store was asked or not. */
  readonly failures: number;
  /** How long the calls of the last ten to twenty seconds took, in milliseconds; `null` when there were none. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
}

const REPORT_EVERY_MS = 10_000;

/** How often what happened to sessions of nobody, since the start. */
export interface AnonymousStatistics {
  /** Sessions that were begun. */
  readonly created: number;
  /** Writes that were refused because of `anonymous.maxBytes`. */
  readonly refused: number;
}

/** How many session cookies opened nothing, since the start, by what was wrong with them. */
export interface CookieStatistics {
  /** Those without the form of a token. They cost no command. */
  readonly malformed: number;
  /** Those of the right form that name a session which they do not open. */
  readonly forged: number;
  /** Those of a session that has ended lately, so that it is known why. */
  readonly dead: number;
  /** Those of which nothing is known: their session expired or ended some time ago, or there never was one. */
  readonly unknown: number;
}

/** Counts what only the core sees. */
export class SessionTally {
  readonly anonymous = { created: 0, refused: 0 };
  readonly cookies = { malformed: 0, forged: 0, dead: 0, unknown: 0 };
  /** How often a sign-in has put a session in the place of what a request showed. */
  replaced = 0;
  private nextReportAt = -Infinity;
  private unreported = 0;

  /**
   * Counts a token of which nothing is known.
   *
   * @returns how many there were since the last report, where one is due: at the first, and once in ten seconds at most
   */
  countUnknown(): number | null {
    this.cookies.unknown += 1;
    this.unreported += 1;
    const now = performance.now();
    if (now < this.nextReportAt) return null;
    const count = this.unreported;
    this.unreported = 0;
    this.nextReportAt = now + REPORT_EVERY_MS;
    return count;
  }
}

/** What has been going on in this process. */
export interface SessionStatistics {
  /** Requests since the start, with and without a session. */
  readonly requests: number;
  readonly anonymous: AnonymousStatistics;
  readonly cookies: CookieStatistics;
  readonly store: CallStatistics & {
    /** Whether the store is asked at all; `null` for a store that is always asked. */
    readonly breaker: BreakerState | null;
  };
}

const WINDOW_MS = 10_000;

/** Counts requests, and counts and times the calls to the store. */
export class Meter {
  readonly tally = new SessionTally();
  /** Requests that have passed the middleware. */
  requests = 0;
  /** Calls to the store that have failed. */
  failures = 0;
  private calls = 0;
  private windowEndAt = 0;
  private recent: RecordableHistogram = createHistogram();
  private past: RecordableHistogram = createHistogram();

  /** Counts a call that reached the store, and records how long it took. */
  recordCall(tookMs: number): void {
    this.calls += 1;
    this.turn(performance.now());
    // Zero does not fit into a histogram.
    this.recent.record(Math.max(1, Math.round(tookMs * 1000)));
  }

  /** Counts a call that failed, also one that the circuit breaker stopped. */
  recordFailure(): void {
    this.failures += 1;
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

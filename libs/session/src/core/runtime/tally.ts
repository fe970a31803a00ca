import type { EndReason } from '../record/record.js';
import type { SessionInstruments } from './instruments.js';

const REPORT_EVERY_MS = 10_000;

/**
 * A call on a session that came after the session had ended.
 *
 * - `write`: changes of fields
 * - `activity`: a touch
 * - `token`: a new token for the session
 */
export type LateCall = 'write' | 'activity' | 'token';

/**
 * Counters of the core, which count always: statistics and metrics both read them. What an event reports is counted by
 * {@link SessionEvents} alone.
 */
export class SessionTally {
  readonly anonymous = { created: 0, refused: 0 };
  readonly cookies = { malformed: 0, forged: 0, dead: 0, unknown: 0 };
  /** Number of sessions that replaced the presented one. */
  replaced = 0;
  /** Number of sessions that ended because another one took their place. */
  endedAsReplaced = 0;
  /** Number of sign-ins that continued in the session of an earlier request of the same client. */
  repeatedSignIns = 0;
  /** Requests and writes that were refused. */
  readonly refused = { size: 0, data: 0, notSignedIn: 0, signInNotRecent: 0 };
  /** Atomic updates that met a change of another request. */
  readonly conflicts = { retried: 0, gaveUp: 0 };
  /** Writes of fields that were refused because the session had ended, by the reason of the end. */
  readonly lateWrites = countersByReason();
  /** Calls of any kind that would have revived a session that had ended, by the reason of the end. */
  readonly resurrections = countersByReason();
  /** Commits that met a newer record than they had read. */
  lostUpdatesAvoided = 0;
  /** Sign-ins that met another one of the same user at the limit, by outcome. */
  readonly limitRaces = { created: 0, refused: 0 };
  /** Receives what counters cannot hold; `null` if no telemetry is set up. */
  instruments: SessionInstruments | null = null;
  private nextReportAt = -Infinity;
  private unreported = 0;
  private readonly countNewer = () => void (this.lostUpdatesAvoided += 1);

  /** Counts {@link lostUpdatesAvoided}; `undefined` without telemetry, so that the store need not look. */
  get onNewer(): (() => void) | undefined {
    return this.instruments ? this.countNewer : undefined;
  }

  /**
   * Counts an unknown token.
   *
   * @returns the number since the last report if a report is due, else `null`. The first token is reported, and then at most
   *   one report is due every ten seconds
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

  /** Counts a call that the store refused because the session had ended. */
  countLate(call: LateCall, reason: EndReason): void {
    this.resurrections[reason] += 1;
    if (call === 'write') this.lateWrites[reason] += 1;
  }
}

function countersByReason(): Record<EndReason, number> {
  return { 'signed-out': 0, destroyed: 0, evicted: 0, revoked: 0, replaced: 0, expired: 0 };
}

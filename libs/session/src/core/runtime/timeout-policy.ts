import type { Origin, SessionRecord } from '../store/store.js';
import type { SessionUser } from './user.js';

/** One request of a live session, which counts as activity. */
export interface SessionActivity extends Origin {
  /** Time of the request. */
  readonly at: Date;
  /** Time since the last recorded activity, in milliseconds. */
  readonly quietForMs: number;
}

/** The arguments of a timeout function. */
export interface TimeoutQuestion {
  readonly user: SessionUser | null;
  /** The session as it is stored; `null` for a new one. */
  readonly record: SessionRecord | null;
  /** The activity; `null` for a new session, or a sign-in. */
  readonly activity: SessionActivity | null;
}

/** A timeout in milliseconds, or a function that returns one. */
export type TimeoutSource = number | ((question: TimeoutQuestion) => Promise<number>);

/** The sources of the two timeouts of a session. */
export interface TimeoutPolicy {
  readonly idleMs: TimeoutSource;
  readonly absoluteMs: TimeoutSource;
}

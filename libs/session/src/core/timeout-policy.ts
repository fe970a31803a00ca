import type { Origin, SessionRecord } from './store.js';
import type { SessionUser } from './user.js';

/** One request of a live session, as its activity is recorded. */
export interface SessionActivity extends Origin {
  /** When the request came. */
  readonly at: Date;
  /** How long after the last recorded activity that is, in milliseconds. */
  readonly quietForMs: number;
}

/** What a timeout is found by. */
export interface TimeoutQuestion {
  readonly user: SessionUser | null;
  /** The session as it is stored; `null`: it begins. */
  readonly record: SessionRecord | null;
  /** `null`: the session begins, or its user signs in. */
  readonly activity: SessionActivity | null;
}

/** A timeout in milliseconds, or what finds one out. */
export type TimeoutSource = number | ((question: TimeoutQuestion) => Promise<number>);

/** Where the two clocks of a session come from. */
export interface TimeoutPolicy {
  readonly idleMs: TimeoutSource;
  readonly absoluteMs: TimeoutSource;
}

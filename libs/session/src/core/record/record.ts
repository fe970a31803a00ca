import type { RotationKeys, SessionId } from './token.js';

/**
 * The reason for the end of a session.
 *
 * - `signed-out`: its user signed out. `destroyed`: the application destroyed an anonymous session
 * - `evicted`: a newer sign-in of the same user took its place under the limit
 * - `revoked`: another session, an administrator or the application ended it
 * - `replaced`: its token was exchanged for a new one, by a sign-in or a regeneration
 * - `expired`: it timed out, or never existed; the two cannot be told apart
 */
export type EndReason = 'signed-out' | 'destroyed' | 'evicted' | 'revoked' | 'replaced' | 'expired';

/** The client and address of a sign-in. */
export interface Origin {
  /** A short label such as `Firefox on Linux`, or `null` if unknown. */
  readonly device: string | null;
  /** The network address as the platform reports it, or `null` if unknown. */
  readonly address: string | null;
}

/** The notice that an ended session leaves for a few minutes, so that its client learns the reason. */
export interface EndNotice {
  readonly reason: EndReason;
  /**
   * The cause: for an eviction, the sign-in that took the place; for a revocation, the request that revoked the session,
   * if known.
   */
  readonly by?: Origin;
}

/** An {@link EndNotice} as read back from the store. */
export interface SessionEnd extends EndNotice {
  /** The time of the end, in milliseconds since 1970; `null` if the store does not know. */
  readonly at: number | null;
}

/** The tokens of a session whose token is rotated on a timer. Verifiers are digests of their secrets. */
export interface Rotation extends Pick<RotationKeys, 'tagKey'> {
  /** The time of the last rotation. */
  readonly at: number;
  /** The verifier of the current token. */
  readonly current: string;
  /** The verifier of the previous token. */
  readonly previous: string;
  /**
   * The time until which the previous token is valid. `null` until a request presents the current token; until then the
   * previous token is valid for the idle timeout from the rotation.
   */
  readonly graceEndAt: number | null;
  /** The nonce that derives the current token from the previous one; `null` once the grace period has ended. */
  readonly nonce: string | null;
}

/**
 * A timeout that a sign-in set for its session alone.
 *
 * - `idle`: the idle timeout. Activity does not change it
 * - `end`: the time at which the session ends. A further sign-in does not change it
 */
export type OwnLifetime = 'idle' | 'end';

/** One session as it is stored. Times are milliseconds since 1970 by the store's clock. */
export interface SessionRecord {
  readonly id: SessionId;
  readonly createdAt: number;
  /** The last recorded activity; up to a tenth of the idle timeout behind the last request. */
  readonly lastActiveAt: number;
  /** The idle timeout, in milliseconds. */
  readonly idleMs: number;
  /** The time at which the session ends regardless of activity. */
  readonly absoluteEndAt: number;
  /** The user who is signed in; `null` for an anonymous session. */
  readonly userId: string | null;
  readonly signedInAt: number | null;
  readonly device: string | null;
  readonly address: string | null;
  /** True if the cookie outlives the browser session. */
  readonly persistent: boolean;
  /** The timeouts that the sign-in set for this session alone. Absent if there are none. */
  readonly own?: readonly OwnLifetime[];
  /** The last rotation; `null` while the session has its first token. */
  readonly rotation: Rotation | null;
  /** The application's fields, each an opaque serialised value. */
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * The reason why a stored value cannot be used as a session.
 *
 * - `malformed`: properties are missing or invalid. `other-layout`: another version of this package wrote it
 * - `other-type`: the value is not a session. `oversized`: it exceeds the maximum size of a session
 */
export type RecordProblem = 'malformed' | 'other-layout' | 'other-type' | 'oversized';

/** A session that was ended together with others. */
export type EndedSession = Pick<SessionRecord, 'id' | 'userId'>;

import type { SessionEvents } from './events.js';
import type { FieldCodec, FieldRules } from '../fields/field-codec.js';
import type { TimeoutPolicy } from './timeout-policy.js';
import type { LimitPolicy } from './limit.js';
import type { SizeLimits } from '../record/size.js';
import type { SessionTally } from './tally.js';
import type { CompleteStore } from '../store/store.js';
import type { SessionUser } from './user.js';

/** The session field in which middleware such as passport stores the signed-in user. */
export interface PrincipalField {
  /** The name of the field. */
  readonly name: string;
  /** Returns the user ID in a value of the field; `null` for none. */
  userIdOf(value: unknown): string | null;
}

/** Middleware that stores the signed-in user in a field of the session, such as passport, seen from one request. */
export interface PrincipalSource {
  /**
   * Returns true if the middleware takes part in this request. Otherwise the field is an ordinary one: an application that
   * lets clients name fields must not let them sign in by doing so.
   */
  isActive(): boolean;
  /** Returns the middleware's user object if its user has this ID; otherwise `null`. */
  userOf(id: string): SessionUser | null;
}

/** Rotation of tokens on a timer. */
export interface RotationPolicy {
  /** Maximum age of a token, in milliseconds; `null` if tokens are not rotated. */
  readonly everyMs: number | null;
  /** Grace period of the previous token after the new one was presented, in milliseconds. */
  readonly graceMs: number;
  /** True if the use of a token after its grace period ends the session. */
  readonly revokeOnReuse: boolean;
}

/** Limits of anonymous sessions, which any client can create in any number. */
export interface AnonymousPolicy {
  readonly timeouts: TimeoutPolicy;
  /** Maximum size of the application's fields, in bytes. */
  readonly maxBytes: number;
}

/** The parts that all sessions of an application share. For edges, stores and policies; may change before 1.0. */
export interface SessionRuntime {
  readonly store: CompleteStore;
  readonly events: SessionEvents;
  readonly timeouts: TimeoutPolicy;
  readonly limit: LimitPolicy;
  readonly rotation: RotationPolicy;
  readonly size: SizeLimits;
  readonly anonymous: AnonymousPolicy;
  readonly keepDataOnSignIn: boolean;
  /** True if cookies outlive the browser unless a sign-in says otherwise. */
  readonly persistent: boolean;
  readonly codec: FieldCodec;
  readonly rules: FieldRules | null;
  readonly principal: PrincipalField;
  /** Returns the application's user with an ID. Absent if the option `users` is not set. */
  readonly loadUser?: ((id: string) => unknown) | undefined;
  /** Counters of the core. */
  readonly tally: SessionTally;
}

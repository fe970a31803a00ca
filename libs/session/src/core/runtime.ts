import type { SessionEvents } from './events.js';
import type { FieldCodec, FieldRules } from './field-codec.js';
import type { TimeoutPolicy } from './timeout-policy.js';
import type { LimitPolicy } from './limit.js';
import type { SizeLimits } from './size.js';
import type { SessionTally } from './statistics.js';
import type { SessionStore } from './store.js';

/** Finds out from the session's own fields who is signed in, for middleware that says it there, as passport does. */
export interface PrincipalField {
  /** The field in question. */
  readonly name: string;
  /** The user's id that a value of the field names; `null`: nobody. */
  userIdOf(value: unknown): string | null;
}

/** How tokens are exchanged on a timer. */
export interface RotationPolicy {
  /** How old a token gets, in milliseconds; `null`: a session keeps its token. */
  readonly everyMs: number | null;
  /** How long the previous token stays good once the new one has been seen, in milliseconds. */
  readonly graceMs: number;
  /** Whether the use of a token after its grace ends the session. */
  readonly revokeOnReuse: boolean;
}

/** What is different for a session that nobody is signed in to. Anyone can begin as many of them as they like. */
export interface AnonymousPolicy {
  readonly timeouts: TimeoutPolicy;
  /** How many bytes the application's fields may take. */
  readonly maxBytes: number;
}

/** What every session of an application shares. */
export interface SessionRuntime {
  readonly store: SessionStore;
  readonly events: SessionEvents;
  readonly timeouts: TimeoutPolicy;
  readonly limit: LimitPolicy;
  readonly rotation: RotationPolicy;
  readonly size: SizeLimits;
  readonly anonymous: AnonymousPolicy;
  readonly keepDataOnSignIn: boolean;
  /** Whether cookies outlive the browser unless a sign-in says otherwise. */
  readonly persistent: boolean;
  readonly codec: FieldCodec;
  readonly rules: FieldRules | null;
  readonly principal: PrincipalField;
  /** Fetches the application's user, who may have more than an id; absent: it does not say how. */
  readonly loadUser?: ((id: string) => unknown) | undefined;
  /** Counts what only the core sees. */
  readonly tally: SessionTally;
}

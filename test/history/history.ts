/** Milliseconds of a clock that all processes of this machine share and that never goes back. */
export type Instant = number;

/** Returns the time of that clock. */
export function instant(): Instant {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** `info`: the outcome is unknown, and the step may still take effect. `fail`: it had no effect and never will. */
export type Outcome = 'ok' | 'fail' | 'info';

/**
 * A session's fields as they were read: texts that say which request wrote them, and numbers. A session is named by
 * its public id; a token by a digest of its secret, so that a history can be shown to anybody.
 */
export type Fields = Readonly<Record<string, string | number>>;

/** A step and its result. Values that only a success returns are `null` or empty otherwise. */
export type Deed =
  /** A request arrived with a token. */
  | {
      readonly f: 'read';
      readonly session: string;
      readonly token: string;
      /** As in the library: `superseded` is a token that was exchanged too long ago, `none` one that was never given. */
      readonly standing: 'live' | 'dead' | 'superseded' | 'none' | null;
      readonly user: string | null;
      readonly fields: Fields;
      /** True if it was served from the cache of the process. */
      readonly isCopy?: boolean;
      /** True if the rotation could not be confirmed, so that the previous token stays valid. */
      readonly isUnconfirmed?: boolean;
    }
  /** `session` is the new one. */
  | { readonly f: 'create'; readonly session: string; readonly fields: Fields }
  | { readonly f: 'write'; readonly session: string; readonly fields: Fields }
  /** Adds to a number: in one step of the store, or by reading and writing until no other write intervenes. */
  | {
      readonly f: 'increment' | 'update';
      readonly session: string;
      readonly field: string;
      readonly by: number;
      readonly sum: number | null;
    }
  | { readonly f: 'touch'; readonly session: string }
  | { readonly f: 'regenerate'; readonly session: string; readonly to: string | null }
  | {
      readonly f: 'sign-in';
      /** The session that the request came with. */
      readonly session: string | null;
      readonly user: string;
      readonly to: string | null;
      /** True if the fields of `session` are carried over. */
      readonly keeps: boolean;
      /** Fields that the request had written before it signed in. */
      readonly fields: Fields;
      readonly timeouts: Timeouts;
      readonly evicted: readonly string[];
      /** True if the second step of a move to another shard failed: ending the old session. */
      readonly isHalfDone: boolean;
    }
  /** The timer gave the client another token for the same session. */
  | { readonly f: 'rotate'; readonly session: string; readonly token: string; readonly to: string }
  | { readonly f: 'sign-out'; readonly session: string }
  /** The library ended a session that it had created, because no client would have received its token. */
  | { readonly f: 'discard'; readonly session: string }
  /** `found`: whether there was such a session. */
  | { readonly f: 'revoke'; readonly session: string; readonly found: boolean | null }
  | {
      readonly f: 'revoke-all';
      readonly user: string;
      readonly except: string | null;
      readonly ended: readonly string[];
    }
  | { readonly f: 'list'; readonly user: string; readonly sessions: readonly string[] };

export interface Timeouts {
  readonly idleMs: number;
  readonly absoluteMs: number;
}

/** One step of a request, from its invocation to the moment at which its outcome was known. */
export type Step = Deed & {
  readonly request: number;
  /** Worker process that ran it. */
  readonly process: number;
  readonly start: Instant;
  readonly end: Instant;
  readonly outcome: Outcome;
  /** True if it failed because the session has ended. */
  readonly isGone?: boolean;
};

/** A step of one kind. */
export type StepOf<F extends Deed['f']> = Extract<Step, { readonly f: F }>;

/** Content of Redis at one moment; with several servers, at one moment each. */
export interface Sample {
  readonly start: Instant;
  readonly end: Instant;
  /** Taken when nothing was under way any more. */
  readonly isFinal: boolean;
  /** True if all servers answered. */
  readonly isComplete: boolean;
  readonly sessions: readonly SampledSession[];
  readonly indexes: readonly SampledIndex[];
  /** Names of keys that would stay for ever or are of no known kind. */
  readonly strays: readonly string[];
}

export interface SampledSession {
  readonly id: string;
  readonly user: string | null;
  /** Milliseconds until it ends, as the key has it; -1: never. */
  readonly ttlMs: number;
  /** Milliseconds until its absolute end. */
  readonly absoluteRestMs: number;
  readonly idleMs: number;
}

export interface SampledIndex {
  readonly user: string;
  /** Sessions that have not ended by the index's own account. */
  readonly sessions: readonly string[];
}

/** A fault that the nemesis caused. */
export interface Fault {
  readonly name: string;
  readonly start: Instant;
  /** Time of full recovery. */
  readonly end: Instant;
  /** From when on acknowledged operations may be lost, until `end`. `null`: none may. 0: all may. */
  readonly mayLoseSince: Instant | null;
  readonly details?: string;
}

/** An incident that must never occur, in any order of steps: I8 and I9. */
export interface Incident {
  readonly kind: 'late' | 'unsettled' | 'unhandled' | 'unexpected-error' | 'exit';
  readonly at: Instant;
  readonly text: string;
}

/** Settings that apply to the sessions of a round. */
export interface Rules {
  readonly limit: number;
  readonly timeouts: Timeouts;
  /** Grace period of an old token after its successor has been seen. */
  readonly graceMs: number;
  /** Deadline of a call to the store. */
  readonly deadlineMs: number;
  /** Maximum delay after which a process with a cache sees another's change. `null`: there is no cache. */
  readonly stalenessMs: number | null;
}

/** All that is known of one round. */
export interface History {
  readonly rules: Rules;
  readonly steps: readonly Step[];
  readonly samples: readonly Sample[];
  readonly faults: readonly Fault[];
  readonly incidents: readonly Incident[];
}

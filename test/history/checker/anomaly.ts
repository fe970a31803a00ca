import type { Fault, Instant, Sample, Step } from '../history.js';

/** The invariants that no history may break. */
export const INVARIANTS = {
  I1: 'a session that was ended is never seen again',
  I2: 'a token that was exchanged opens nothing any more',
  I3: 'no user ever has more live sessions than the limit',
  I4: 'nothing that was acknowledged is lost',
  I5: "no session ever holds anything of another's",
  I6: 'every session ends by itself, at its absolute end at the latest',
  I7: 'the indexes name the live sessions',
  I8: 'every promise settles within the deadline',
  I9: 'no rejection goes unhandled and no process dies',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** Something that cannot be if the invariants hold and nothing acknowledged was lost. */
export interface Anomaly {
  readonly invariant: Invariant;
  readonly text: string;
  /** The session in question. */
  readonly session: string | null;
  /** Time at which it last showed. */
  readonly at: Instant;
  readonly evidence: readonly (Step | Sample)[];
  /** Acknowledged steps, the loss of any of which would explain it. */
  readonly suspects: readonly Step[];
  /** Missing part of a number; explaining it may take several suspects. */
  readonly deficit?: number;
  /** Part of it that the step which created the session had carried over; losing that step would explain it. */
  readonly inherited?: number;
}

/** An acknowledged step that was lost where the documentation of Redis says that it may be. */
export interface Loss {
  readonly step: Step;
  readonly fault: Fault;
  /** Or only out of sight, as long as some clients talked to the old server and some to the new one. */
  readonly isForGood: boolean;
}

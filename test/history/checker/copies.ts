import type { History, Instant, Step, StepOf } from '../history.js';

/** A step with the possible age of the state that it saw. */
interface Dated {
  readonly asOf?: Instant;
}

/**
 * Dates the reads that a process served from its cache. Their state may be as old as the bound allows, so they are checked as
 * if they had begun that much earlier. All other steps saw a state between their start and end.
 */
export function dateCopies({ rules, steps }: History): Step[] {
  const { stalenessMs } = rules;
  return steps.map((step): Step & Dated =>
    isCopy(step) ? { ...step, asOf: step.start - (stalenessMs ?? 0) } : step,
  );
}

/** Returns the earliest moment whose state a step may have seen. */
export function asOf(step: Step & Dated): Instant {
  return step.asOf ?? step.start;
}

/** Checks whether a session was read from the cache of a process. */
export function isCopy(step: Step): step is StepOf<'read'> {
  return step.f === 'read' && step.outcome === 'ok' && step.isCopy === true;
}

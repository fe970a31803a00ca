import type { History, Instant, Step, StepOf } from '../history.js';

/** A step of which it is known how old what it told may be. */
interface Dated {
  readonly asOf?: Instant;
}

/**
 * Dates the reads that a process has answered from its memory: what they tell may be as old as the bound allows, and
 * is checked as if the read had begun so much earlier. All other steps tell of a moment between their start and end.
 */
export function dateCopies({ rules, steps }: History): Step[] {
  const { stalenessMs } = rules;
  return steps.map((step): Step & Dated =>
    isCopy(step) ? { ...step, asOf: step.start - (stalenessMs ?? 0) } : step,
  );
}

/** The earliest moment whose state a step may tell of. */
export function asOf(step: Step & Dated): Instant {
  return step.asOf ?? step.start;
}

/** Whether a session was read from the memory of a process. */
export function isCopy(step: Step): step is StepOf<'read'> {
  return step.f === 'read' && step.outcome === 'ok' && step.isCopy === true;
}

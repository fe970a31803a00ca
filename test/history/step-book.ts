import {
  SessionConflictError,
  SessionEndedError,
  SessionLimitError,
  SessionUnavailableError,
} from 'nestjs-redis-session';
import type { Deed, Instant, Outcome, Step } from './history.js';
import { instant } from './history.js';

/** The steps of one request. */
export class StepBook {
  readonly steps: Step[] = [];

  constructor(
    private readonly process: number,
    private readonly request: number,
  ) {}

  /**
   * Runs one step and notes how it went.
   *
   * @param blank the step when it gave nothing
   * @param operation gives a result, and the step with what it gave; `null`: nothing was done
   * @returns the result; `undefined`: it failed
   */
  async step<T>(blank: Deed, operation: () => Promise<[T, Deed | null]>): Promise<T | undefined> {
    const start = instant();
    try {
      const [result, deed] = await operation();
      if (deed) this.note(deed, start, 'ok');
      return result;
    } catch (error) {
      this.note(blank, start, outcomeOf(blank, error), error instanceof SessionEndedError);
      return undefined;
    }
  }

  /** Runs a step that gives nothing. */
  async plain(deed: Deed, operation: () => Promise<void>): Promise<void> {
    await this.step(deed, async () => [await operation(), deed]);
  }

  note(deed: Deed, start: Instant, outcome: Outcome, isGone = false): void {
    const { request, process } = this;
    const end = instant();
    this.steps.push({ ...deed, request, process, start, end, outcome, ...(isGone && { isGone }) });
  }
}

/** @throws what the library does not say that it throws */
function outcomeOf({ f }: Deed, error: unknown): Outcome {
  if (error instanceof SessionEndedError) return 'fail';
  if (error instanceof SessionLimitError || error instanceof SessionConflictError) return 'fail';
  if (!(error instanceof SessionUnavailableError)) throw error;
  // What only reads has no effect that could come later.
  return f === 'read' || f === 'list' ? 'fail' : 'info';
}

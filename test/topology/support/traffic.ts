import { setTimeout as wait } from 'node:timers/promises';
import type { RedisStore, SessionRecord } from 'nestjs-redis-session';
import { SessionUnavailableError } from 'nestjs-redis-session';

const PAUSE_MS = 10;

/** Outcome of a call. */
interface Outcome {
  readonly startedAt: number;
  readonly tookMs: number;
  readonly error: unknown;
}

/** Repeats calls during a failure of Redis, and records the outcome of each. */
export class Traffic {
  private readonly outcomes: Outcome[] = [];
  private isStopping = false;
  private isExpected = (error: unknown): boolean => error instanceof SessionUnavailableError;
  private readonly lanes: Promise<void>[];

  private constructor(calls: readonly (() => Promise<unknown>)[]) {
    this.lanes = calls.map((call) => this.run(call));
  }

  /** Starts traffic: repeats each call in sequence, and all of them concurrently. */
  static of(...calls: readonly (() => Promise<unknown>)[]): Traffic {
    return new Traffic(calls);
  }

  /** Sets the failures that callers may see, if they differ from those of the store. */
  expecting(isExpected: (error: unknown) => boolean): this {
    this.isExpected = isExpected;
    return this;
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.lanes);
  }

  /** Waits until all lanes succeed again, many times in a row. */
  async settle(): Promise<void> {
    const deadline = Date.now() + 15_000;
    for (let from = this.outcomes.length; ;) {
      await wait(PAUSE_MS);
      const recent = this.outcomes.slice(from);
      if (recent.some(({ error }) => error !== null)) from = this.outcomes.length;
      else if (recent.length > 20 * this.lanes.length) return;
      if (Date.now() > deadline)
        throw new Error('The calls do not succeed again', { cause: recent.at(-1)?.error });
    }
  }

  get count(): number {
    return this.outcomes.length;
  }

  get failures(): readonly Outcome[] {
    return this.outcomes.filter(({ error }) => error !== null);
  }

  /** Failures that callers are not promised. */
  get strangeFailures(): unknown[] {
    return this.failures.map(({ error }) => error).filter((error) => !this.isExpected(error));
  }

  get slowestMs(): number {
    return Math.max(...this.outcomes.map(({ tookMs }) => tookMs));
  }

  /** Time from the first failed call to the end of the last one. */
  get gapMs(): number {
    const { failures } = this;
    if (failures.length === 0) return 0;
    const ends = failures.map(({ startedAt, tookMs }) => startedAt + tookMs);
    return Math.round(Math.max(...ends) - Math.min(...failures.map(({ startedAt }) => startedAt)));
  }

  /** Describes the traffic in one line for the log of a test. */
  describe(what: string): string {
    const { failures, count } = this;
    return `${what}: ${failures.length} of ${count} calls failed within ${this.gapMs} ms; the slowest took ${Math.round(this.slowestMs)} ms.`;
  }

  private async run(call: () => Promise<unknown>): Promise<void> {
    while (!this.isStopping) {
      const startedAt = performance.now();
      const error = await call().then(
        () => null,
        (failure: unknown) => failure,
      );
      this.outcomes.push({ startedAt, tookMs: performance.now() - startedAt, error });
      await wait(PAUSE_MS);
    }
  }
}

/** Touches sessions over and over. */
export function touchAll(store: RedisStore, records: readonly SessionRecord[]): Traffic {
  return Traffic.of(...records.map((record) => () => store.touch(record)));
}

/** Waits until all calls succeed again, and stops them. */
export async function settle(...all: readonly Traffic[]): Promise<void> {
  await Promise.all(all.map((traffic) => traffic.settle()));
  await Promise.all(all.map((traffic) => traffic.stop()));
}

import { AsyncLocalStorage } from 'node:async_hooks';
import type { StoreHarness } from 'nestjs-redis-session/testing';

/** A named case, which opens stores of its own. */
interface Case {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Largest number of cases that work at once. A case that waits for time to pass does not count. */
const SLOTS = 3;
/** Largest distance between the case that is reported and the last one that has begun. */
const LOOKAHEAD = 100;

/**
 * Registers cases as tests in sequence, and begins the next cases while one waits for time to pass. Each case is
 * reported under its own name, as if it ran alone.
 *
 * @param casesOn returns the cases, given a function that opens a store
 */
export function itOverlapping(
  casesOn: (open: () => Promise<StoreHarness>) => readonly Case[],
  open: () => Promise<StoreHarness>,
  timeoutMs?: number,
): void {
  const cases = casesOn(() => openAtWork(open));
  const overlap = new Overlap(cases);
  for (const [index, { name }] of cases.entries()) it(name, () => overlap.outcomeOf(index), timeoutMs);
  afterAll(() => overlap.end());
}

/** One of the places for cases that work; a case that waits gives its place back. */
class Slot {
  private isTaken = true;

  constructor(private readonly onFree: () => void) {}

  free(): void {
    if (this.isTaken) this.onFree();
    this.isTaken = false;
  }
}

const current = new AsyncLocalStorage<Slot>();

class Overlap {
  private readonly runs = new Map<number, Promise<void>>();
  private atWork = 0;
  private reported = 0;

  constructor(private readonly cases: readonly Case[]) {}

  /** Returns the outcome of a case, which begins now at the latest. */
  outcomeOf(index: number): Promise<void> {
    this.reported = index;
    const run = this.runs.get(index) ?? this.begin(index);
    this.beginNext();
    return run;
  }

  /** Waits for cases that have begun but are not reported, as when only some tests run. */
  async end(): Promise<void> {
    this.reported = -Infinity;
    await Promise.allSettled(this.runs.values());
  }

  private beginNext(): void {
    const last = Math.min(this.reported + LOOKAHEAD, this.cases.length - 1);
    for (let next = this.reported; next <= last && this.atWork < SLOTS; next++) {
      if (!this.runs.has(next)) void this.begin(next);
    }
  }

  private begin(index: number): Promise<void> {
    this.atWork++;
    const slot = new Slot(() => {
      this.atWork--;
      this.beginNext();
    });
    const run = current.run(slot, () => (this.cases[index] as Case).run()).finally(() => slot.free());
    run.catch(() => undefined); // the test of the case reports it
    this.runs.set(index, run);
    return run;
  }
}

/** Opens a store that lets other cases work while its time passes. */
async function openAtWork(open: () => Promise<StoreHarness>): Promise<StoreHarness> {
  const slot = current.getStore();
  const harness = await open();
  return {
    ...harness,
    advance: (ms) => {
      slot?.free();
      return harness.advance(ms);
    },
  };
}

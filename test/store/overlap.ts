import { AsyncLocalStorage } from 'node:async_hooks';
import type { StoreHarness } from 'nestjs-redis-session/testing';

/** Something to run under a name, with stores of its own. */
interface Case {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** How many cases are at work at once. One that waits for a clock is not at work. */
const SLOTS = 3;
/** How far those that have begun are ahead of the one that is reported. */
const LOOKAHEAD = 100;

/**
 * Registers cases as tests, one after another, and begins the next ones while one waits: for its pauses, or for time to
 * pass. Each is reported under its own name, as if it ran alone.
 *
 * @param casesOn the cases, for something that opens a store
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

/** What a case has while it is at work, and gives back. */
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

  /** Settles as the case does. It begins now at the latest. */
  outcomeOf(index: number): Promise<void> {
    this.reported = index;
    const run = this.runs.get(index) ?? this.begin(index);
    this.beginNext();
    return run;
  }

  /** Waits for what has begun and was not asked for, as when only some tests run. */
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
    run.catch(() => undefined); // its test tells
    this.runs.set(index, run);
    return run;
  }
}

/** Opens a store whose time passes while others are at work. */
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

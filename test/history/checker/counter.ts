import type { Instant, Step, StepOf } from '../history.js';
import type { Anomaly } from './anomaly.js';

type Addition = StepOf<'increment' | 'update'>;

interface Bound {
  readonly value: number;
  readonly by: Step | null;
  readonly at: Instant;
}

/**
 * Checks a number that only grows: what is read is what it began with and every addition that was acknowledged before,
 * and at most every addition that had been asked for. Additions of unknown outcome may count or not, each once.
 */
export class Counter {
  private readonly additions: Addition[] = [];
  private readonly reads: { from: number; to: number; start: Instant; end: Instant; by: Step }[] = [];
  private bounds: { from: Bound; to: Bound } | null = null;

  /** @param birth the step by which the number came over from another session, if it did */
  constructor(
    private readonly session: string,
    private readonly field: string,
    private readonly birth: Step | null = null,
  ) {}

  add(step: Addition): void {
    this.additions.push(step);
    // An acknowledged addition has read the sum, which it is part of itself.
    if (step.sum !== null) {
      this.reads.push({ from: step.sum, to: step.sum, start: step.start, end: step.end, by: step });
    }
  }

  /** @param from the least that it may have held. `to`: the most */
  read(from: number, to: number, start: Instant, end: Instant, by: Step): void {
    this.reads.push({ from, to, start, end, by });
  }

  /** Range of possible initial values, by all reads. */
  get beginning(): { from: number; to: number } {
    const { from, to } = this.bound();
    return { from: from.value, to: to.value };
  }

  /** Checks that it can have begun with a number of `least` to `most`. */
  check(least: number, most: number): Anomaly[] {
    const { from, to } = this.bound();
    const floor = from.value > least ? from : { value: least, by: null, at: -Infinity };
    const ceiling = to.value < most ? to : { value: most, by: null, at: -Infinity };
    const difference = floor.value - ceiling.value;
    if (difference <= 0) return [];
    // Too little was read after all else was as it should be, or too much.
    const isLost = ceiling.at > floor.at;
    const name = `${this.field} of ${this.session}`;
    return [
      {
        invariant: 'I4',
        session: this.session,
        text: isLost
          ? `${difference} of what was added to ${name} is missing`
          : `${name} is ${difference} more than was added`,
        at: Math.max(floor.at, ceiling.at),
        evidence: [floor.by, ceiling.by].filter((step) => step !== null),
        suspects: isLost ? this.acknowledgedBefore(ceiling.at) : [],
        deficit: isLost ? difference : undefined,
        inherited: isLost ? Math.max(0, floor.value) : undefined,
      },
    ];
  }

  private bound(): { from: Bound; to: Bound } {
    this.bounds ??= this.computeBounds();
    return this.bounds;
  }

  private computeBounds(): { from: Bound; to: Bound } {
    const done = new Sums(
      this.additions.filter(({ outcome }) => outcome === 'ok').map(({ end, by }) => [end, by]),
    );
    const asked = new Sums(this.additions.map(({ start, by }) => [start, by]));
    let from: Bound = { value: -Infinity, by: null, at: -Infinity };
    let to: Bound = { value: Infinity, by: null, at: -Infinity };
    for (const read of this.reads) {
      const isOwn = read.by.f === 'increment' || read.by.f === 'update';
      const certain = done.before(read.start) + (isOwn && 'by' in read.by ? read.by.by : 0);
      const most = read.to - certain;
      const least = read.from - asked.before(read.end);
      if (least > from.value) from = { value: least, by: read.by, at: read.end };
      if (most < to.value) to = { value: most, by: read.by, at: read.end };
    }
    return { from, to };
  }

  /** Returns steps acknowledged before a moment. Writes that arrive during a sign-in are carried over by a separate write. */
  private acknowledgedBefore(moment: Instant): Step[] {
    const steps = this.birth ? [this.birth, ...this.additions] : this.additions;
    return steps.filter(({ outcome, end }) => outcome === 'ok' && end < moment);
  }
}

/** Sums of what came before a moment. */
class Sums {
  private readonly moments: Instant[];
  private readonly sums: number[] = [0];

  constructor(additions: [at: Instant, by: number][]) {
    additions.sort(([one], [other]) => one - other);
    this.moments = additions.map(([at]) => at);
    for (const [, by] of additions) this.sums.push((this.sums.at(-1) as number) + by);
  }

  before(moment: Instant): number {
    let low = 0;
    let high = this.moments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.moments[middle] as Instant) < moment) low = middle + 1;
      else high = middle;
    }
    return this.sums[low] as number;
  }
}

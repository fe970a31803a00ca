import { isDeepStrictEqual } from 'node:util';
import type { SessionRecord, SessionStore } from '../core/store/store.js';

/** Counters of copies that were compared with the store. */
export interface CopyCheckCounts {
  /** Copies that were up to date when they were served. */
  current: number;
  /** Copies that had changed in the store before they were served. */
  stale: number;
}

/**
 * Compares one served copy in `every` with the store, so that the share of stale reads is known and not only bounded.
 *
 * The comparison follows the request, which does not wait for it. A change that the store made after the copy was served
 * counts as none, by the time that the store recorded with the change. A write that records no time counts as stale, also if
 * it came between the copy and the comparison.
 */
export class CopyCheck {
  readonly counts: CopyCheckCounts = { current: 0, stale: 0 };
  private served = 0;

  constructor(
    private readonly store: Pick<SessionStore, 'load' | 'endOf' | 'now'>,
    private readonly every: number,
  ) {}

  /** Notes that a copy was served, and compares it if it is its turn. */
  onServed(copy: SessionRecord): void {
    this.served += 1;
    if (this.served < this.every) return;
    this.served = 0;
    // A store that does not answer says nothing about the copy.
    this.compare(copy, this.store.now()).catch(() => undefined);
  }

  private async compare(copy: SessionRecord, servedAt: number): Promise<void> {
    const present = await this.store.load(copy.id, { fresh: true });
    const changedAt = present ? changeTimeOf(present) : ((await this.store.endOf(copy.id))?.at ?? 0);
    if (present && changedAt === changeTimeOf(copy))
      this.count(!isDeepStrictEqual(present.fields, copy.fields));
    else this.count(changedAt < servedAt);
  }

  private count(isStale: boolean): void {
    if (isStale) this.counts.stale += 1;
    else this.counts.current += 1;
  }
}

/** Returns the time of the last change that a record shows. */
function changeTimeOf({ lastActiveAt, rotation }: SessionRecord): number {
  return Math.max(lastActiveAt, rotation?.at ?? 0);
}

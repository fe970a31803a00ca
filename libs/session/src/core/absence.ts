import type { SessionTally } from './statistics.js';
import type { SessionEnd } from './store.js';

/** For so long after the store was asked its answer holds. */
const HOLDS_MS = 100;

/**
 * What the store said of a token that opens nothing, when its request came. A response that follows at once relies on
 * it and asks no second time, so a token that somebody made up costs one command. One that takes longer asks again: its
 * browser may have signed in meanwhile.
 */
export class Absence {
  private readonly askedAt = performance.now();
  private readonly replacedBefore: number;

  constructor(
    /** Why there is no session; `null`: the store does not know. */
    readonly end: SessionEnd | null,
    private readonly tally: SessionTally,
  ) {
    this.replacedBefore = tally.replaced;
  }

  /** Whether nothing can have changed: not in this process, and for as long as a response takes, not in another. */
  get holds(): boolean {
    return this.tally.replaced === this.replacedBefore && performance.now() < this.askedAt + HOLDS_MS;
  }
}

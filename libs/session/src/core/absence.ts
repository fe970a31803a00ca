import type { SessionTally } from './statistics.js';
import type { SessionEnd } from './store.js';

/**
 * What the store said of a token that opens nothing, when its request came. A response that waits for nothing else relies
 * on it and asks no second time, so a token that somebody made up costs one command. One that leaves in a later turn of
 * the event loop asks again: its browser may have signed in meanwhile.
 */
export class Absence {
  private isOfThisTurn = true;
  private readonly replacedBefore: number;

  constructor(
    /** Why there is no session; `null`: the store does not know. */
    readonly end: SessionEnd | null,
    private readonly tally: SessionTally,
  ) {
    this.replacedBefore = tally.replaced;
    setImmediate(() => (this.isOfThisTurn = false));
  }

  /** Whether nothing can have changed, in this process or in another. */
  get holds(): boolean {
    return this.isOfThisTurn && this.tally.replaced === this.replacedBefore;
  }
}

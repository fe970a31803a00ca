import type { SessionTally } from '../runtime/statistics.js';
import type { SessionEnd } from '../store/store.js';

/**
 * The store's answer about a token that opens nothing, when the request came. A response that waits for nothing else relies
 * on it and does not query the store again, so a made-up token costs one command. A response in a later turn of the event
 * loop queries again, because its browser may have signed in.
 */
export class Absence {
  private isOfThisTurn = true;
  private readonly replacedBefore: number;

  constructor(
    /** The end of the session; `null` if the store does not know. */
    readonly end: SessionEnd | null,
    private readonly tally: SessionTally,
  ) {
    this.replacedBefore = tally.replaced;
    setImmediate(() => (this.isOfThisTurn = false));
  }

  /** True if nothing can have changed, in this process or in another. */
  get holds(): boolean {
    return this.isOfThisTurn && this.tally.replaced === this.replacedBefore;
  }
}

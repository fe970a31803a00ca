import type { SessionTally } from '../runtime/tally.js';
import type { SessionEnd } from '../store/store.js';

/**
 * The store's reply for a token that opened no session when the request was received. A response in the same turn of the
 * event loop relies on the reply, so that a made-up token costs one command. A later response queries the store again,
 * because its browser may have signed in since.
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

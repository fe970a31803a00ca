/** Lets asynchronous operations run one after another, in the order in which they were asked for. */
export class Turns {
  private last: Promise<unknown> | null = null;
  private waiting = 0;

  /** Whether nothing is under way. */
  get areIdle(): boolean {
    return this.waiting === 0;
  }

  /** Runs an operation when those before it have ended, however they ended. */
  take<T>(operation: () => Promise<T>): Promise<T> {
    this.waiting++;
    const outcome = (this.last ?? Promise.resolve()).then(operation).finally(() => this.waiting--);
    this.last = outcome.catch(() => undefined);
    return outcome;
  }
}

/** Runs asynchronous operations one after another, in the order of the calls. */
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** True if no operation is running or waiting. */
  get isIdle(): boolean {
    return this.waiting === 0;
  }

  /** Runs an operation after all earlier ones have settled. */
  run<T>(operation: () => Promise<T>): Promise<T> {
    this.waiting++;
    const outcome = this.last.then(operation).finally(() => this.waiting--);
    this.last = outcome.catch(() => undefined);
    return outcome;
  }
}

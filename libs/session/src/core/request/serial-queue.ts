const SETTLED = Promise.resolve();

/** Runs asynchronous operations one after another, in the order of the calls. */
export class SerialQueue {
  private last: Promise<unknown> = SETTLED;
  private waiting = 0;
  private readonly onSettled = () => void (this.waiting -= 1);

  /** True if no operation is running or waiting. */
  get isIdle(): boolean {
    return this.waiting === 0;
  }

  /** Runs an operation after all earlier ones have settled. */
  run<T>(operation: () => Promise<T>): Promise<T> {
    this.waiting += 1;
    const outcome = this.last.then(operation);
    this.last = outcome.then(this.onSettled, this.onSettled);
    return outcome;
  }
}

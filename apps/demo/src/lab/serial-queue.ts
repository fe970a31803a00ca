import { HttpException, HttpStatus } from '@nestjs/common';

const MAX_WAITING = 8;

/** Runs one task after another, and rejects a task when too many are waiting already. */
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** @throws HttpException (429) when too many tasks are waiting */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.waiting >= MAX_WAITING) {
      throw new HttpException('The lab is busy. Try again in a moment.', HttpStatus.TOO_MANY_REQUESTS);
    }
    this.waiting++;
    const result = this.last.then(task, task).finally(() => this.waiting--);
    this.last = result.catch(() => undefined);
    return result;
  }
}

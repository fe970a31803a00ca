import { HttpException, HttpStatus } from '@nestjs/common';

const MOST_WAITING = 8;

/** Lets one thing happen after another, and turns away who would have to wait for long. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** @throws HttpException (429) when too many are waiting */
  async take<T>(act: () => Promise<T>): Promise<T> {
    if (this.waiting >= MOST_WAITING) {
      throw new HttpException('The lab is busy. Try again in a moment.', HttpStatus.TOO_MANY_REQUESTS);
    }
    this.waiting++;
    const turn = this.last.then(act, act).finally(() => this.waiting--);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

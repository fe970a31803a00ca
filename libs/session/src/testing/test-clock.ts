import type { Clock } from '../core/runtime/clock.js';
import { SessionUsageError } from '../core/errors/errors.js';
import type { Duration } from '../options/duration.js';
import { checkedMs, durationRule } from '../options/duration-rule.js';

const ANY = durationRule(0);

/**
 * A clock that stands still until a test moves it, for a `MemoryStore`: sessions time out and sign-ins grow old without a
 * wait.
 *
 * @example
 * const clock = new TestClock();
 * const store = new MemoryStore({ clock });
 * clock.advance('10m');
 */
export class TestClock implements Clock {
  private time: number;

  /** @param start the time at which the clock stands at first, by default the present */
  constructor(start: Date = new Date()) {
    this.time = start.getTime();
  }

  /** Returns the time in milliseconds since 1970. */
  now(): number {
    return this.time;
  }

  /**
   * Moves the clock forward.
   *
   * @throws SessionUsageError when that is no positive length of time
   */
  advance(by: Duration): void {
    this.time += checkedMs(by, ANY, (sentence) => new SessionUsageError(`advance(): ${sentence}`));
  }
}

import { AsyncResource } from 'node:async_hooks';
import { timerMs } from '../core/runtime/timer.js';

/** An element of a {@link DeadlineQueue}. The queue sets the links. */
export interface Waiting {
  /** The deadline, by `performance.now()`. */
  readonly endsAt: number;
  earlier: Waiting | null;
  later: Waiting | null;
}

/**
 * Waits for the deadlines of many elements with one timer. Elements with deadlines of equal length arrive in the order
 * of their ends, so that adding and removing one takes constant time and allocates nothing.
 *
 * If the process was too busy to read its sockets, timers fire ahead of replies that have arrived. Therefore the sockets
 * are read once more before an element expires.
 */
export class DeadlineQueue<T extends Waiting> {
  /** The end of a ring of all elements, ordered by their deadlines. */
  private readonly ends: Waiting = { endsAt: -Infinity, earlier: null, later: null };
  private timer: NodeJS.Timeout | null = null;
  private timerEndsAt = Infinity;
  /** Starts the timer, which outlives calls, outside of the asynchronous context of the call that needs it. */
  private readonly startTimer = AsyncResource.bind((delayMs: number) => setTimeout(this.onTimer, delayMs));

  /** @param expire receives each element whose deadline is over, after its removal. Must not throw */
  constructor(private readonly expire: (element: T) => void) {
    this.ends.earlier = this.ends.later = this.ends;
  }

  /** Adds an element. The process stays alive until the element is removed or expires. */
  add(element: T): void {
    let earlier = this.ends.earlier as Waiting;
    while (earlier.endsAt > element.endsAt) earlier = earlier.earlier as Waiting;
    const later = earlier.later as Waiting;
    element.earlier = earlier;
    element.later = later;
    earlier.later = element;
    later.earlier = element;
    if (earlier === this.ends) this.keepTimer(element.endsAt);
  }

  /** Removes an element. Returns `false` if it is not in the queue: it has expired, or was removed before. */
  remove(element: T): boolean {
    const { earlier, later } = element;
    if (earlier === null || later === null) return false;
    earlier.later = later;
    later.earlier = earlier;
    element.earlier = element.later = null;
    // A timer that is kept costs less than one timer for each call of a process that is seldom busy.
    if (earlier === later) this.timer?.unref();
    return true;
  }

  /** Makes the timer fire at the deadline of the first element, or earlier. */
  private keepTimer(endsAt: number): void {
    if (this.timer !== null && this.timerEndsAt <= endsAt) {
      this.timer.ref();
      return;
    }
    if (this.timer !== null) clearTimeout(this.timer);
    this.timerEndsAt = endsAt;
    this.timer = this.startTimer(timerMs(Math.max(1, Math.ceil(endsAt - performance.now()))));
  }

  private readonly onTimer = (): void => {
    this.timer = null;
    const now = performance.now();
    setImmediate(() => this.expireUntil(now));
  };

  /** Expires elements by a time after which the sockets have been read. */
  private expireUntil(time: number): void {
    let first = this.ends.later as Waiting;
    while (first !== this.ends && first.endsAt <= time) {
      this.remove(first as T);
      this.expire(first as T);
      first = this.ends.later as Waiting;
    }
    if (first !== this.ends) this.keepTimer(first.endsAt);
  }
}

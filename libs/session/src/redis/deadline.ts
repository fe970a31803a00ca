import { timerMs } from '../core/runtime/timer.js';

/** Thrown if an operation has not settled in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';

  constructor(deadlineMs: number) {
    super(`no answer within ${deadlineMs} ms`);
  }
}

/**
 * Returns a promise that settles like the operation, or rejects when the deadline is over. A later
 * outcome of the operation is dropped. Frequent operations with equal deadlines share a {@link DeadlineQueue}.
 *
 * If the process was too busy to read its sockets, timers fire ahead of replies that have arrived. Therefore the sockets
 * are read once more before the rejection.
 */
export function withDeadline<T>(operation: Promise<T>, deadlineMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = () => reject(new DeadlineError(deadlineMs));
    const timer = setTimeout(() => setImmediate(expire), timerMs(deadlineMs));
    operation.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: Error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

import { timerMs } from '../core/runtime/timer.js';

/** An operation did not end in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * Settles as the operation does, or rejects when the time is over. The operation's late outcome is dropped.
 *
 * When the process was too busy to look at its sockets, timers come due before replies that are there already. So the
 * verdict waits until the sockets have been read once more.
 */
export function withDeadline<T>(operation: Promise<T>, deadlineMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = () => reject(new DeadlineError(`no answer within ${deadlineMs} ms`));
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

/** An operation did not end in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** Settles as the operation does, or rejects when the time is over. The operation's late outcome is dropped. */
export function withDeadline<T>(operation: Promise<T>, deadlineMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new DeadlineError(`no answer within ${deadlineMs} ms`)),
      deadlineMs,
    );
    operation.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits until a condition holds. What it throws counts as "not yet".
 *
 * @throws Error that says what was waited for, when the time is over
 */
export async function until(
  what: string,
  withinMs: number,
  condition: () => Promise<boolean> | boolean,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (let failure: unknown; ;) {
    try {
      if (await condition()) return;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`Not within ${withinMs} ms: ${what}`, { cause: failure });
    }
    await wait(POLL_MS);
  }
}

/** Returns the result of an operation as soon as it succeeds. */
export async function eventually<T>(operation: () => Promise<T>, withinMs = 5_000): Promise<T> {
  let result: T | undefined;
  await until('an operation that does not fail', withinMs, async () => {
    result = await operation();
    return true;
  });
  return result as T;
}

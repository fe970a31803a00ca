/** Returns the error of an operation and the time after which it failed; `null` if the operation succeeded. */
export async function failureOf(
  operation: () => Promise<unknown>,
): Promise<{ error: unknown; tookMs: number }> {
  const start = performance.now();
  const error = await operation().then(
    () => null,
    (failure: unknown) => failure,
  );
  return { error, tookMs: performance.now() - start };
}

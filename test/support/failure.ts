/** What an operation fails with, and after how long; `null` when it does not fail. */
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

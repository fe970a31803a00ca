// Writes the results for scripts/test-count.mjs in the format of `jest --json`.
/** @param {AsyncIterable<{ type: string, data: { skip?: unknown, todo?: unknown, details?: { type?: string } } }>} events */
export default async function* report(events) {
  const result = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numRuntimeErrorTestSuites: 0 };
  for await (const { type, data } of events) {
    if (data?.details?.type === 'suite') continue;
    if (type === 'test:pass' && (data.skip ?? data.todo) !== undefined) result.numPendingTests += 1;
    else if (type === 'test:pass') result.numPassedTests += 1;
    else if (type === 'test:fail') result.numFailedTests += 1;
  }
  yield JSON.stringify(result);
}

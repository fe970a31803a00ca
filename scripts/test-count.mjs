// Prints "N passed, N failed" over the parts of `npm run test:all`, from their result files.
// A test file that could not start counts as one failure, and so does a part that left no result.
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { resultFiles } from '../test/tiers.mjs';

const NO_RESULT = { numRuntimeErrorTestSuites: 1 };
const results = resultFiles().map((file) =>
  existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : NO_RESULT,
);
const passed = sumOf('numPassedTests');
const failed = sumOf('numFailedTests', 'numRuntimeErrorTestSuites');
const left = sumOf('numPendingTests', 'numTodoTests');

if (left > 0) console.log(`${left} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

function sumOf(...counts) {
  return results
    .flatMap((result) => counts.map((count) => result[count] ?? 0))
    .reduce((sum, n) => sum + n, 0);
}

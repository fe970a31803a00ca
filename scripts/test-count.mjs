// Prints "N passed, N failed" from the result file that `jest --json --outputFile` wrote. A file of tests
// that could not even start counts as one failure, and so does a run that left no result.
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';

const [file] = process.argv.slice(2);
const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
const passed = result?.numPassedTests ?? 0;
const failed = result === null ? 1 : result.numFailedTests + result.numRuntimeErrorTestSuites;
const left = (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0);

if (left > 0) console.log(`${left} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

// Runs a TypeScript file of the tests that starts built programs: `node scripts/run-built.mjs FILE [arguments]`.
import process from 'node:process';
import { runToTheEnd, setUp } from './setup.mjs';

setUp();
runToTheEnd(process.execPath, ['--import', './test/support/typescript.mjs', ...process.argv.slice(2)]);

// `npm run test:soak -- --minutes N`: runs the history checker for a long time; docs/reports/history-checker.md describes it.
import process from 'node:process';
import { ensureRedis } from './redis-binary.mjs';
import { fail, runToTheEnd, setUp } from './setup.mjs';

setUp();
try {
  ensureRedis();
} catch (error) {
  fail(error.message);
}
const typescript = ['--import', './test/support/typescript.mjs', '--enable-source-maps'];
runToTheEnd(process.execPath, [...typescript, 'test/history/soak.ts', ...process.argv.slice(2)]);

// `npm run test:all`: `npm test` and then `npm run test:extended`, which share no test. The last line counts both.
import { rmSync } from 'node:fs';
import process from 'node:process';
import { spawnSync } from 'node:child_process';
import { RESULTS, resultFiles } from '../test/tiers.mjs';

// A part that cannot start must not be counted with the result of an earlier run.
for (const file of resultFiles()) rmSync(file, { force: true });

const steps = [
  ['scripts/test.mjs', '--json', `--outputFile=${RESULTS.test}`],
  ['scripts/test-extended.mjs'],
  ['scripts/test-count.mjs'],
].map((args) => spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status);
process.exit(steps.every((status) => status === 0) ? 0 : 1);

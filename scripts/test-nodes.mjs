// `npm run test:nodes`: runs the tests that depend on Node with its other versions, or with those that the arguments
// name. All other tests run once, with the version that runs here.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import process from 'node:process';
import { NODE_DEPENDENT, OTHER_NODES, RESULTS } from '../test/tiers.mjs';
import { nodeProgram, versionOf } from './nodes.mjs';
import { ensureRedis } from './redis-binary.mjs';
import { fail, setUpPackages } from './setup.mjs';

const named = process.argv.slice(2);
const versions = named.length > 0 ? named : OTHER_NODES;
setUpPackages();
try {
  ensureRedis();
} catch (error) {
  fail(error.message);
}
mkdirSync('reports', { recursive: true });
const failed = versions.filter((version) => !test(version));
if (failed.length > 0) fail(`Failed on Node ${failed.join(', ')}.`);

function test(version) {
  const program = nodeProgram(version);
  console.error(`Node ${versionOf(program)}`);
  const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', 'unit', 'e2e'];
  const tests = ['--testPathPatterns', ...NODE_DEPENDENT];
  const report = ['--json', `--outputFile=${RESULTS.node(version)}`];
  const NODE_OPTIONS = '--experimental-vm-modules --disable-warning=ExperimentalWarning';
  const env = { ...process.env, NODE_OPTIONS };
  return (
    spawnSync(program, [...jest, ...tests, ...report], { stdio: ['ignore', 'ignore', 'inherit'], env })
      .status === 0
  );
}

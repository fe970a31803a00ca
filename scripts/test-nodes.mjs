// `npm run test:nodes -- 22 24 latest`: runs the tests that depend on Node, with other versions of it. What else there
// is depends on Redis, a browser or the registry, and runs once, under `npm test`.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import process from 'node:process';
import { nodeProgram, versionOf } from './nodes.mjs';
import { ensureRedis } from './redis-binary.mjs';
import { fail, setUpPackages } from './setup.mjs';

const TESTS = ['libs/session/src/', 'test/http/', 'test/module/'];

const versions = process.argv.slice(2);
if (versions.length === 0) fail('Say which: npm run test:nodes -- 22 24 latest');
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
  const jest = ['node_modules/jest/bin/jest.js', '--testPathPatterns', ...TESTS];
  const report = ['--json', `--outputFile=reports/jest-node-${version}.json`];
  const NODE_OPTIONS = '--experimental-vm-modules --disable-warning=ExperimentalWarning';
  const env = { ...process.env, NODE_OPTIONS };
  return (
    spawnSync(program, [...jest, ...report], { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0
  );
}

// `npm run test:ecosystem`: tests third-party middleware with our sessions. The first run installs its packages, so
// that a plain install stays small. Arguments are files, or options of Node's test runner.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { startRedisServer } from './redis-server.mjs';
import { fail, installBeside, runFirst, setUp } from './setup.mjs';

const FOLDER = 'test/ecosystem';
const args = process.argv.slice(2);

setUp();
installBeside(FOLDER);
runFirst(process.execPath, ['node_modules/typescript/bin/tsc', '-p', `${FOLDER}/tsconfig.json`]);
mkdirSync('reports', { recursive: true });
const redis = await startRedisServer().catch((error) => fail(error.message));
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=2', '--test-timeout=180000', ...reporters(), ...args, ...files()],
  {
    stdio: 'inherit',
    env: { ...process.env, TEST_REDIS_URL: redis.url, NODE_OPTIONS: nodeOptions() },
  },
);
await redis.stop();
process.exit(status ?? 1);

function files() {
  if (args.some((arg) => arg.endsWith('.spec.ts'))) return [];
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => `${FOLDER}/${name}`);
}

function reporters() {
  return [
    ['spec', 'stdout'],
    [`./${FOLDER}/runner/reporter.mjs`, 'reports/ecosystem.json'],
  ].flatMap(([reporter, destination]) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${destination}`,
  ]);
}

/** Settings in the environment, so that the process of each test file inherits them. */
function nodeOptions() {
  const imports = ['./test/support/typescript.mjs', `./${FOLDER}/runner/globals.mjs`];
  return [process.env.NODE_OPTIONS ?? '', ...imports.map((file) => `--import=${file}`)].join(' ').trim();
}

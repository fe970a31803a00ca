// `npm run test:extended`: what `npm run test:all` runs after `npm test`. A part that fails does not stop the others.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { OTHER_NODES, RESULTS } from '../test/tiers.mjs';
import { fail } from './setup.mjs';

const PARTS = [
  {
    name: 'Several servers, faults, load and histories; and ioredis 5',
    args: ['scripts/test.mjs', '--selectProjects', 'extended', 'ioredis5', ...reportTo(RESULTS.extended)],
  },
  { name: `Node ${OTHER_NODES.join(', ')}`, args: ['scripts/test-nodes.mjs', ...OTHER_NODES] },
  {
    name: 'The packed package with other versions of Node and with bundlers',
    args: [
      'scripts/test.mjs',
      '--testPathPatterns',
      'test/package/applications',
      ...reportTo(RESULTS.package),
    ],
    env: { TEST_NODES: OTHER_NODES.filter((version) => version !== 'latest').join(' ') },
  },
  { name: 'Middleware of other packages', args: ['scripts/ecosystem.mjs'] },
  { name: 'The example of a store', args: ['scripts/sqlite-store.mjs', ...reportTo(RESULTS.sqliteStore)] },
];

const failed = PARTS.filter(({ name, args, env }) => {
  console.error(`==> ${name}`);
  const options = { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } };
  return spawnSync(process.execPath, args, options).status !== 0;
});
if (failed.length > 0) fail(failed.map(({ name }) => `FAILED: ${name}`).join('\n'));

function reportTo(file) {
  return ['--json', `--outputFile=${file}`];
}

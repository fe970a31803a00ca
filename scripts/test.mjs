// Installs and builds what is missing or out of date, finds Redis and a browser, then runs jest. Arguments are jest's.
// Without any it is `npm test`. `npm run test:unit` runs the specs beside the sources, which need none of the above.
import { mkdirSync } from 'node:fs';
import process from 'node:process';
import { ensureChromium } from './chromium-binary.mjs';
import { ensurePrometheus, HOW_TO_INSTALL_PROMETHEUS } from './prometheus-binary.mjs';
import { ensureRedis } from './redis-binary.mjs';
import { fail, runToTheEnd, setUp, setUpPackages } from './setup.mjs';

const args = process.argv.slice(2);
const env = { ...process.env };
const projects = selectedProjects(args);

if (projects.every((name) => name === 'unit')) setUpPackages();
else setUpEverything();
// Jest does not make the folder of a report.
mkdirSync('reports', { recursive: true });
// Through the environment, so that jest's workers have it too.
const nodeOptions = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
env.NODE_OPTIONS = [process.env.NODE_OPTIONS ?? '', ...nodeOptions].join(' ').trim();
const selection = args.includes('--selectProjects') ? [] : ['--selectProjects', ...projects];
runToTheEnd(process.execPath, ['node_modules/jest/bin/jest.js', ...args, ...selection], env);

/** Returns the tiers that jest's arguments select. A test that is named by its path is found in any of them. */
function selectedProjects(args) {
  if (!args.includes('--selectProjects')) {
    const isByPath = args.some((arg) => arg.startsWith('--testPathPatterns'));
    return isByPath ? ['unit', 'e2e', 'extended'] : ['unit', 'e2e'];
  }
  const names = args.slice(args.indexOf('--selectProjects') + 1);
  const end = names.findIndex((arg) => arg.startsWith('-'));
  return end < 0 ? names : names.slice(0, end);
}

function setUpEverything() {
  setUp();
  try {
    ensureRedis();
    env.CHROMIUM = ensureChromium();
  } catch (error) {
    fail(error.message);
  }
  // Its suites report by name what was not run, and fail in CI.
  if (!ensurePrometheus()) console.error(HOW_TO_INSTALL_PROMETHEUS);
}

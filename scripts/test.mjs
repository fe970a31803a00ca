// `npm test`: installs and builds what is missing or out of date, finds Redis and a browser, then runs jest.
// Its arguments are jest's. `npm run test:unit` runs the specs beside the sources, which need none of that.
import { mkdirSync } from 'node:fs';
import process from 'node:process';
import { ensureChromium } from './chromium-binary.mjs';
import { ensureRedis } from './redis-binary.mjs';
import { fail, runToTheEnd, setUp, setUpPackages } from './setup.mjs';

const args = process.argv.slice(2);
const env = { ...process.env };

if (isOnlyUnit(args)) setUpPackages();
else setUpEverything();
// Where reports go that are asked for, which jest does not make.
mkdirSync('reports', { recursive: true });
// Through the environment, so that jest's workers have it too.
const nodeOptions = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
env.NODE_OPTIONS = [process.env.NODE_OPTIONS ?? '', ...nodeOptions].join(' ').trim();
runToTheEnd(process.execPath, ['node_modules/jest/bin/jest.js', ...args], env);

/** Whether jest's arguments select the project "unit" and no other. */
function isOnlyUnit(args) {
  const [first, ...others] = args.slice(args.indexOf('--selectProjects') + 1);
  return args.includes('--selectProjects') && first === 'unit' && (others[0] ?? '-').startsWith('-');
}

function setUpEverything() {
  setUp();
  try {
    ensureRedis();
    env.CHROMIUM = ensureChromium();
  } catch (error) {
    fail(error.message);
  }
}

// `npm test`: installs and builds what is missing or out of date, finds Redis and a browser, then runs jest.
// Its arguments are jest's: `npm test -- --selectProjects unit token`.
import { mkdirSync } from 'node:fs';
import process from 'node:process';
import { ensureChromium } from './chromium-binary.mjs';
import { ensureRedis } from './redis-binary.mjs';
import { fail, runToTheEnd, setUp } from './setup.mjs';

setUp();
// Where reports go that are asked for, which jest does not make.
mkdirSync('reports', { recursive: true });
let chromium;
try {
  ensureRedis();
  chromium = ensureChromium();
} catch (error) {
  fail(error.message);
}

// Through the environment, so that jest's workers have it too.
const nodeOptions = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const env = {
  ...process.env,
  CHROMIUM: chromium,
  NODE_OPTIONS: [process.env.NODE_OPTIONS ?? '', ...nodeOptions].join(' ').trim(),
};
runToTheEnd(process.execPath, ['node_modules/jest/bin/jest.js', ...process.argv.slice(2)], env);

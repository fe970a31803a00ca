// `npm test`: installs and builds what is missing or out of date, finds Redis, then runs jest.
// Its arguments are jest's: `npm test -- --selectProjects unit token`.
import process from 'node:process';
import { ensureRedis } from './redis-binary.mjs';
import { fail, runToTheEnd, setUp } from './setup.mjs';

setUp();
try {
  ensureRedis();
} catch (error) {
  fail(error.message);
}

// Through the environment, so that jest's workers have it too.
const nodeOptions = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const env = {
  ...process.env,
  NODE_OPTIONS: [process.env.NODE_OPTIONS ?? '', ...nodeOptions].join(' ').trim(),
};
runToTheEnd(process.execPath, ['node_modules/jest/bin/jest.js', ...process.argv.slice(2)], env);

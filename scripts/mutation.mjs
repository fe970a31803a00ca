// `npm run test:mutation -- core`: mutation testing; counts the small changes of the code that no test detects. Further
// arguments are Stryker's, for instance `--mutate libs/session/src/core/record/token.ts`.
import process from 'node:process';
import { SCOPES } from '../test/mutation/scopes.mjs';
import { ensureRedis } from './redis-binary.mjs';
import { fail, installBeside, runToTheEnd, setUp } from './setup.mjs';

const [scope = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(SCOPES, scope)) fail(`Name what to mutate: ${Object.keys(SCOPES).join(', ')}.`);

setUp();
installBeside('test/mutation');
ensureRedis();
runToTheEnd(
  process.execPath,
  [
    'test/mutation/node_modules/@stryker-mutator/core/bin/stryker.js',
    'run',
    'test/mutation/stryker.config.mjs',
    ...args,
  ],
  {
    ...process.env,
    MUTATION_SCOPE: scope,
    NODE_OPTIONS: [process.env.NODE_OPTIONS ?? '', '--experimental-vm-modules'].join(' ').trim(),
  },
);

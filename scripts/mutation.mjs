// `npm run test:mutation -- core`: mutation testing; counts the small changes of the code that no test detects. Without the
// name of a scope all scopes run. `--static` includes the code that runs while files are loaded, such as initialisers.
// Further arguments are Stryker's, for instance `--mutate libs/session/src/core/record/token.ts`.
import process from 'node:process';
import { SCOPES } from '../test/mutation/scopes.mjs';
import { fail, installBeside, runToTheEnd, setUpPackages } from './setup.mjs';

const withStatic = process.argv.includes('--static');
const given = process.argv.slice(2).filter((argument) => argument !== '--static');
const scope = given[0]?.startsWith('-') ? '' : (given.shift() ?? '');
if (scope && !Object.hasOwn(SCOPES, scope)) fail(`Name what to mutate: ${Object.keys(SCOPES).join(', ')}.`);

setUpPackages();
installBeside('test/mutation');
runToTheEnd(
  process.execPath,
  [
    'test/mutation/node_modules/@stryker-mutator/core/bin/stryker.js',
    'run',
    'test/mutation/stryker.config.mjs',
    ...given,
  ],
  { ...process.env, MUTATION_SCOPE: scope, MUTATION_STATIC: withStatic ? 'yes' : 'no' },
);

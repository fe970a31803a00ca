// `npm run test:sqlite-store`: runs the conformance and race suites on examples/sqlite-store. The first run installs
// better-sqlite3, so that a plain install needs no compiler. Arguments are Jest's.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { SQLITE_STORE } from '../test/tiers.mjs';
import { installBeside, runToTheEnd, setUpPackages } from './setup.mjs';

setUpPackages();
// The package downloads its binary from the pages of its repository, or else compiles it. Compiling needs the headers
// of Node, which every distribution of Node contains.
const prefix = dirname(dirname(process.execPath));
if (existsSync(join(prefix, 'include/node/node.h'))) process.env.npm_config_nodedir ??= prefix;
installBeside(SQLITE_STORE);
mkdirSync('reports', { recursive: true });
const nodeOptions = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const NODE_OPTIONS = [process.env.NODE_OPTIONS ?? '', ...nodeOptions].join(' ').trim();
const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', 'sqlite-store'];
runToTheEnd(process.execPath, [...jest, ...process.argv.slice(2)], { ...process.env, NODE_OPTIONS });

// `npm run test:sqlite-store`: runs the conformance and race suites on examples/sqlite-store. The first run installs
// better-sqlite3, so that a plain install needs no compiler. Arguments are Jest's.
import { mkdirSync } from 'node:fs';
import process from 'node:process';
import { SQLITE_STORE } from '../test/tiers.mjs';
import { installBeside, runToTheEnd, setUpPackages } from './setup.mjs';

setUpPackages();
// By default the package downloads its binary from the pages of its repository. Built from source, all of it comes from
// the registry.
process.env.npm_config_build_from_source ??= 'true';
installBeside(SQLITE_STORE);
mkdirSync('reports', { recursive: true });
const nodeOptions = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const NODE_OPTIONS = [process.env.NODE_OPTIONS ?? '', ...nodeOptions].join(' ').trim();
const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', 'sqlite-store'];
runToTheEnd(process.execPath, [...jest, ...process.argv.slice(2)], { ...process.env, NODE_OPTIONS });

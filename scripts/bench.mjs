// `npm run bench` and `npm run bench:<name>`. The first run installs the packages that only measurements need.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fail, installBeside, ROOT, runToTheEnd, setUp } from './setup.mjs';

const [name, ...args] = process.argv.slice(2);
const program = `bench/${name}.mjs`;

setUp();
if (!existsSync(join(ROOT, program))) fail(`There is no measurement "${name}": ${program} is missing.`);
installBeside('bench');
runToTheEnd(process.execPath, [program, ...args]);

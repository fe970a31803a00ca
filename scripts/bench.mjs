// `npm run bench` and `npm run bench:<name>`: what a measurement needs beside the workspace is installed when it is first run.
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

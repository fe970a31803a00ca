// `npm run bench` and `npm run bench:<name>`: what a measurement needs beside the workspace is installed when it is first run, so that a
// plain install stays small.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fail, ROOT, runNpm, runToTheEnd, setUp } from './setup.mjs';

const [name, ...args] = process.argv.slice(2);
const program = `bench/${name}.mjs`;

setUp();
if (!existsSync(join(ROOT, program))) fail(`There is no measurement "${name}": ${program} is missing.`);
if (modifiedAt('bench/node_modules/.package-lock.json') < modifiedAt('bench/package-lock.json')) {
  console.error('Installing what is measured: npm ci in bench/');
  runNpm(['ci'], { cwd: join(ROOT, 'bench') });
}
runToTheEnd(process.execPath, [program, ...args]);

/** When a file was changed; one that does not exist is older than all others. */
function modifiedAt(path) {
  const file = join(ROOT, path);
  return existsSync(file) ? statSync(file).mtimeMs : -1;
}

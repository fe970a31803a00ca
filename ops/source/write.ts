/** Writes the board, the rules and the alarms: `npm run ops`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generateFiles } from './files.js';

for (const { path, text } of await generateFiles()) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  console.log(path);
}

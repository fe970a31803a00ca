// `npm run docs:sizing`: writes the outputs of the commands and the tables into the page about sizing.
import { readFile, writeFile } from 'node:fs/promises';
import { PAGE, withCurrentFigures } from './support/page.js';

await writeFile(PAGE, await withCurrentFigures(await readFile(PAGE, 'utf8')));

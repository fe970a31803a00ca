// `npm run docs:reliability`: writes the observations of the last `npm run test:faults` into docs/reports/reliability.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { BEGIN, END, readReports, tableOf } from './table.js';

const PAGE = new URL('../../docs/reports/reliability.md', import.meta.url);

const page = readFileSync(PAGE, 'utf8');
const [head, tail] = [page.split(BEGIN)[0], page.split(END)[1]];
if (head === undefined || tail === undefined)
  throw new Error(`docs/reports/reliability.md has no "${BEGIN}" or no "${END}".`);
const day = new Date().toISOString().slice(0, 10);
const run = `Seen on ${day}, with Node ${process.versions.node}:`;
writeFileSync(PAGE, `${head}${BEGIN}\n\n${run}\n\n${tableOf(readReports())}\n\n${END}${tail}`);

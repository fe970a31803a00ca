// `npm run docs:ecosystem`: puts the tables of the catalogue into docs/reports/ecosystem.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { withCurrentTables } from './page.js';

const PAGE = new URL('../../docs/reports/ecosystem.md', import.meta.url);
writeFileSync(PAGE, withCurrentTables(readFileSync(PAGE, 'utf8')));

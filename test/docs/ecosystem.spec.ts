import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { read } from '../../scripts/docs.mjs';
import { CATALOGUE } from '../ecosystem/catalogue.js';
import { withCurrentTables } from '../ecosystem/page.js';

const FOLDER = 'test/ecosystem';
const catalogued = Object.values(CATALOGUE).flatMap((group) => Object.keys(group));

/** The text without the width of table columns, which Prettier decides. */
function withoutWidths(text: string): string {
  return text.replaceAll(/ +\|/g, ' |').replaceAll(/\| +/g, '| ').replaceAll(/-{3,}/g, '---');
}

describe('docs/reports/ecosystem.md', () => {
  it('has the tables of the catalogue, in the versions that are locked (npm run docs:ecosystem)', () => {
    const page = read('docs/reports/ecosystem.md');
    expect(withoutWidths(page)).toBe(withoutWidths(withCurrentTables(page)));
  });

  it('is about all packages that are installed to be tried, and no other', () => {
    const { dependencies } = JSON.parse(read(`${FOLDER}/package.json`)) as { dependencies: object };
    expect(catalogued.sort()).toEqual(Object.keys(dependencies).sort());
  });

  it('is about packages that each have their suite', () => {
    const specs = readdirSync(join(import.meta.dirname, '../ecosystem')).filter((name) =>
      name.endsWith('.spec.ts'),
    );
    const suites = specs.flatMap((name) => [...read(`${FOLDER}/${name}`).matchAll(/^about\('([^']+)'/gm)]);
    expect(suites.map(([, name]) => name).sort()).toEqual(catalogued.sort());
  });
});

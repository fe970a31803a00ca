import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { read } from '../../scripts/docs.mjs';
import { CATALOGUE } from '../ecosystem/catalogue.js';
import { withCurrentTables } from '../ecosystem/page.js';

const FOLDER = 'test/ecosystem';
const catalogued = Object.values(CATALOGUE).flatMap((group) => Object.keys(group));

/** Removes the padding of table columns, which Prettier adds. */
function withoutWidths(text: string): string {
  return text.replaceAll(/ +\|/g, ' |').replaceAll(/\| +/g, '| ').replaceAll(/-{3,}/g, '---');
}

describe('docs/reports/ecosystem.md', () => {
  it('the page has the tables of the catalogue, in the locked versions (npm run docs:ecosystem)', () => {
    const page = read('docs/reports/ecosystem.md');
    expect(withoutWidths(page)).toBe(withoutWidths(withCurrentTables(page)));
  });

  it('the catalogue lists exactly the packages that are installed for the tests', () => {
    const { dependencies } = JSON.parse(read(`${FOLDER}/package.json`)) as { dependencies: object };
    expect(catalogued.sort()).toEqual(Object.keys(dependencies).sort());
  });

  it('every package of the catalogue has a suite', () => {
    const specs = readdirSync(join(import.meta.dirname, '../ecosystem')).filter((name) =>
      name.endsWith('.spec.ts'),
    );
    const suites = specs.flatMap((name) => [...read(`${FOLDER}/${name}`).matchAll(/^about\('([^']+)'/gm)]);
    expect(suites.map(([, name]) => name).sort()).toEqual(catalogued.sort());
  });
});

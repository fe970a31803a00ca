import { readdirSync, readFileSync } from 'node:fs';
import { read } from '../../scripts/docs.mjs';
import { ROWS } from './rows.js';
import { tableOf } from './table.js';

const FOLDERS = ['./', '../browser/'].map((folder) => new URL(folder, import.meta.url));
const sources = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.spec.ts') && name !== 'table.spec.ts')
    .map((name) => readFileSync(new URL(name, folder), 'utf8')),
).join('\n');

describe('the table of requirements', () => {
  it('has every row once, in order', () => {
    const ids = [...read('docs/reports/asvs.md').matchAll(/^\| (ASVS [\d.]+|WSTG-SESS-\d+) +\|/gm)].map(
      ([, id]) => id,
    );
    expect(ids).toEqual(ROWS.map(({ id }) => id));
  });

  it('has the rows of ASVS V7 and V3.3 to level 2, and those of the WSTG', () => {
    expect(ROWS.map(({ id }) => id.replace(/^ASVS |WSTG-SESS-/, ''))).toEqual([
      ...['7.1.1', '7.1.2', '7.1.3', '7.2.1', '7.2.2', '7.2.3', '7.2.4', '7.3.1', '7.3.2', '7.4.1', '7.4.2'],
      ...['7.4.3', '7.4.4', '7.4.5', '7.5.1', '7.5.2', '7.6.1', '7.6.2', '3.3.1', '3.3.2', '3.3.3', '3.3.4'],
      ...['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11'],
    ]);
  });

  it.each(ROWS)('has a test named $id, or the reason why it does not apply', ({ id, notApplicable }) => {
    const hasTest = sources.includes(`'${id} `);
    expect(hasTest).toBe(notApplicable === null);
  });

  it('is not made of a run in which a test failed, or ran on one platform only', () => {
    const row = { id: 'X 1', requirement: 'something', notApplicable: null };
    const seen = (platform: string, status: string) => ({
      fullName: `X on ${platform} X 1 holds`,
      title: 'X 1 holds',
      status,
    });
    const good = [seen('express', 'passed'), seen('Fastify', 'passed')];
    expect(tableOf([row], good)).toContain('| X 1 | something | Holds |');
    expect(() => tableOf([row], [...good, seen('express', 'failed')])).toThrow('Not passed');
    expect(() => tableOf([row], good.slice(1))).toThrow('no test on each platform');
  });
});

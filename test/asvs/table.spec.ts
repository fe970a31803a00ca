import { read } from '../../scripts/docs.mjs';
import { tagsOf } from '../support/evidence.mjs';
import { specsBelow } from '../support/evidence-table.js';
import { ROWS } from './rows.js';
import { tableOf } from './table.js';

const sources = specsBelow('test', 'libs/session/src');

describe('the table of requirements', () => {
  it('the page has every row once, in order', () => {
    const ids = [...read('docs/reports/asvs.md').matchAll(/^\| (ASVS [\d.]+|WSTG-SESS-\d+) +\|/gm)].map(
      ([, id]) => id,
    );
    expect(ids).toEqual(ROWS.map(({ id }) => id));
  });

  it('the rows are those of ASVS V7 and V3.3 to level 2, and of the WSTG', () => {
    expect(ROWS.map(({ id }) => id.replace(/^ASVS |WSTG-SESS-/, ''))).toEqual([
      ...['7.1.1', '7.1.2', '7.1.3', '7.2.1', '7.2.2', '7.2.3', '7.2.4', '7.3.1', '7.3.2', '7.4.1', '7.4.2'],
      ...['7.4.3', '7.4.4', '7.4.5', '7.5.1', '7.5.2', '7.6.1', '7.6.2', '3.3.1', '3.3.2', '3.3.3', '3.3.4'],
      ...['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11'],
    ]);
  });

  it.each(ROWS)('a test has the tag $id, or the row gives the reason why it does not apply', (row) => {
    expect(sources.includes(`[${row.id}]`)).toBe(row.notApplicable === null);
  });

  describe('written from a run', () => {
    const row = { id: 'ASVS 1.1.1', requirement: 'something', notApplicable: null };
    const seen = (suite: string, status = 'passed') => {
      const title = 'holds [ASVS 1.1.1]';
      return { file: 'a.spec.ts', tags: tagsOf(title), title, fullName: `X ${suite} ${title}`, status };
    };
    const onEach = [seen('on express'), seen('on Fastify')];

    it('the table lists the titles of the tests without their tags', () => {
      expect(tableOf([row], onEach)).toContain('| ASVS 1.1.1 | something | Holds |');
      expect(tableOf([row], [seen('in a unit test')])).toContain('Holds');
    });

    it('the titles are in the order of their files, whichever the run finished first', () => {
      const inFiles = ['a', 'b', 'c'].flatMap((name) =>
        onEach.map((test) => ({ ...test, file: `${name}.spec.ts`, title: `holds in ${name} [ASVS 1.1.1]` })),
      );
      const table = tableOf([row], inFiles);
      expect(table).toContain('Holds in a. Holds in b. Holds in c');
      expect(tableOf([row], inFiles.toReversed())).toBe(table);
    });

    it.each([
      ['has failed', [...onEach, seen('on express', 'failed')], 'Not passed'],
      ['has run on one platform only', onEach.slice(1), 'no test on each platform'],
      ['does not exist', [], 'has no test'],
    ])('a run in which a test %s is rejected', (_what, evidence, message) => {
      expect(() => tableOf([row], evidence)).toThrow(message);
    });
  });
});

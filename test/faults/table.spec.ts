import { read } from '../../scripts/docs.mjs';
import { specsBelow } from '../support/evidence-table.js';
import { FAULTS, type Fault } from './catalogue.js';
import { BEGIN, END } from './table.js';

const HOW_MANY = 47;

const sources = specsBelow('test/faults');
const allSources = specsBelow('test');
const faults = Object.entries<Fault>(FAULTS).map(([id, fault]) => ({ id, ...fault }));

describe('the table of faults', () => {
  const page = read('docs/reports/reliability.md');
  const table = page.slice(page.indexOf(BEGIN), page.indexOf(END));
  const rows = new Map(
    [...table.matchAll(/^\| (F\d+) +\|(.+)\|$/gm)].map(([, id, cells]) => [
      id as string,
      (cells as string).split('|').map((cell) => cell.trim()),
    ]),
  );

  test('the table has every fault, in order', () => {
    const ids = Array.from({ length: HOW_MANY }, (_, index) => `F${index + 1}`);
    expect(faults.map(({ id }) => id)).toEqual(ids);
    expect([...rows.keys()]).toEqual(ids);
  });

  test.each(faults)(
    'the row of $id matches the catalogue, and a test has its tag or the row gives a reason for the absence',
    (each) => {
      const { id, fault, cause, client: elsewhere, reason } = each;
      const [inTable, how, client] = rows.get(id) ?? [];
      const isTagged = (text: string) => text.includes(`[${id}]`);
      expect(inTable).toBe(fault);
      if (cause === undefined) {
        expect({ how, isTagged: isTagged(allSources) }).toEqual({
          how: `does not apply: ${reason}`,
          isTagged: false,
        });
      } else if (elsewhere === undefined) {
        expect(how).toBe(cause);
        expect(isTagged(sources)).toBe(true);
        // The page shows what the test says that it has asserted.
        expect(client).not.toBe('');
        expect(sources).toContain(`'${client}'`);
        expect(sources).toMatch(new RegExp(`recordFault\\('${id}'`));
      } else {
        expect({ how, client }).toEqual({ how: cause, client: elsewhere });
        expect(isTagged(allSources)).toBe(true);
        expect(isTagged(sources)).toBe(false);
      }
    },
  );
});

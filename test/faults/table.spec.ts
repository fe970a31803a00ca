import { readdirSync, readFileSync } from 'node:fs';
import { read } from '../../scripts/docs.mjs';
import { FAULTS, type Fault } from './catalogue.js';
import { BEGIN, END } from './table.js';

const FOLDER = new URL('./', import.meta.url);
const HOW_MANY = 47;

const sources = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.spec.ts'))
  .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'))
  .join('\n');
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

  test('has every fault, in order', () => {
    const ids = Array.from({ length: HOW_MANY }, (_, index) => `F${index + 1}`);
    expect(faults.map(({ id }) => id)).toEqual(ids);
    expect([...rows.keys()]).toEqual(ids);
  });

  test.each(faults)(
    'names $id in the words of the catalogue, and a test of that name exists or the reason why none does',
    (each) => {
      const { id, fault, cause, reason } = each;
      const [inTable, how, client] = rows.get(id) ?? [];
      const tests = [
        ...sources.matchAll(new RegExp(`\\btest(?:\\.each\\([^]*?\\))?\\(\\s*['"\`]${id} `, 'g')),
      ];
      expect(inTable).toBe(fault);
      if (cause === undefined) {
        expect({ how, tests: tests.length }).toEqual({ how: `does not apply: ${reason}`, tests: 0 });
      } else {
        expect(how).toBe(cause);
        expect(tests.length).toBeGreaterThan(0);
        // What a client sees is what the test says that it has asserted.
        expect(client).not.toBe('');
        expect(sources).toContain(`'${client}'`);
        expect(sources).toMatch(new RegExp(`recordFault\\('${id}'`));
      }
    },
  );
});

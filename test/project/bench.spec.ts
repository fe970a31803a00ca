import { readFileSync } from 'node:fs';
import { pages } from '../../scripts/docs.mjs';

interface Row {
  readonly name: string;
  readonly adapter: string;
  readonly request: string;
  readonly floor?: string;
}

/** Imports a module of the benchmark, which has no types. */
async function bench<T>(path: string): Promise<T> {
  return (await import(`../../bench/${path}`)) as T;
}

describe('the benchmark', () => {
  it('fills every marked part of the pages that it writes, and no other page has one', async () => {
    const { PAGES, PARTS } = await bench<{ PAGES: readonly URL[]; PARTS: object }>('report/page.mjs');
    const partsOf = (text: string) =>
      [...text.matchAll(/<!-- bench: (\w+) -->[^]*?<!-- (\/?bench)/g)].map(([, part, end]) => [part, end]);
    const marked = PAGES.flatMap((page) => partsOf(readFileSync(page, 'utf8')));
    expect(marked.map(([part]) => part).sort()).toEqual(Object.keys(PARTS).sort());
    expect(marked.filter(([, end]) => end !== '/bench')).toEqual([]);
    const others = pages().filter((page) => !PAGES.some(({ pathname }) => pathname.endsWith(`/${page}`)));
    expect(others.filter((page) => readFileSync(page, 'utf8').includes('<!-- bench:'))).toEqual([]);
  });

  it('compares each row with a floor of the same adapter and request, and knows its library', async () => {
    const { READ_ROWS, OTHER_ROWS } = await bench<Record<string, readonly Row[]>>('requests/rows.mjs');
    const { LIBRARIES } = await bench<{ LIBRARIES: object }>('requests/libraries.mjs');
    for (const rows of [READ_ROWS, OTHER_ROWS] as (readonly Row[])[]) {
      expect(rows.length).toBeGreaterThan(0);
      for (const { name, adapter, request, floor } of rows) {
        expect(LIBRARIES).toHaveProperty([name]);
        if (floor === undefined) continue;
        expect(rows).toContainEqual(expect.objectContaining({ name: floor, adapter, request }));
      }
    }
  });
});

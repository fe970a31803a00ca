import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Returns the cells of one column in all tables of a page. */
function column(page: string, heading: string): string[] {
  let index = -1;
  return readFileSync(join(ROOT, page), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      if (cells.length === 1) index = -1;
      else if (index < 0) index = cells.indexOf(heading);
      else return /^-+$/.test(cells[index]!) ? [] : [cells[index]!];
      return [];
    });
}

/** Returns each file in a cell of the form "`path`: title; title; `path`: title" with its titles. */
function specs(cell: string): { path: string; titles: string[] }[] {
  const [, ...parts] = cell.split(/`((?:libs|test|examples)\/[^`]+|[^`]+\.spec(?:\.ts)?)`/);
  return parts.flatMap((path, index) =>
    index % 2 ? [] : [{ path, titles: /^: (.*)/.exec(parts[index + 1]!)?.[1]?.split(';') ?? [] }],
  );
}

const normalized = (text: string) => text.replaceAll('\\', '').replace(/\s+/g, ' ');

/** Returns the parts of the titles that the spec does not contain. Parts of fewer than 12 characters prove nothing. */
function missing({ path, titles }: { path: string; titles: string[] }): string[] {
  const source = normalized(readFileSync(join(ROOT, path), 'utf8'));
  return titles
    .flatMap((title) => title.replace(/ \([^)]*\)\s*$/, '').split(/…|%\w/))
    .map((part) => normalized(part).trim())
    .filter((part) => part.length >= 12 && !source.includes(part));
}

describe.each([
  ['test/cases.md', 'Tests'],
  ['test/merged.md', 'Held by'],
])('%s, in the column %s', (page, heading) => {
  const named = column(page, heading).flatMap(specs);

  it('names files that exist', () => {
    expect(named.length).toBeGreaterThan(5);
    expect(named.map(({ path }) => path).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('quotes titles that the files contain', () => {
    const wrong = named
      .filter(({ path, titles }) => titles.length > 0 && existsSync(join(ROOT, path)))
      .flatMap((spec) => missing(spec).map((part) => `${spec.path}: ${part}`));
    expect(wrong).toEqual([]);
  });
});

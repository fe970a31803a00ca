import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { pages, read } from '../../scripts/docs.mjs';
import { anchorsOf, linksOf } from './support/markdown.js';

const ROOT = join(import.meta.dirname, '../..');
const EXTERNAL = /^[a-z][a-z\d+.-]*:/i;

/** Returns the problem of a link, or null if its target exists. */
function problemOf(page: string, target: string): string | null {
  if (EXTERNAL.test(target)) return target.startsWith('https://') ? null : `${target}: not https`;
  const [path = '', anchor] = decodeURI(target).split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (file.startsWith('..') || path.startsWith('/')) return `${target}: leads out of the repository`;
  if (!existsSync(join(ROOT, file))) return `${target}: no such file`;
  if (anchor === undefined) return null;
  if (statSync(join(ROOT, file)).isDirectory() || !file.endsWith('.md')) return `${target}: no page`;
  return anchorsOf(read(file)).has(anchor) ? null : `${target}: no such heading`;
}

describe('the links', () => {
  it.each(pages())('the links of %s lead to existing files and headings', (page) => {
    const problems = linksOf(read(page)).map(({ line, target }) => ({
      line,
      problem: problemOf(page, target),
    }));
    expect(problems.filter(({ problem }) => problem !== null)).toEqual([]);
  });

  it('links are found in running text, in tables and as definitions, but not in code', () => {
    const page = [
      'A [link](a.md) and ![a picture](b.png "with a title").',
      '| [`code` in a link](c.md#x) |',
      '[named]: d.md',
      '`[code](no.md)`',
      '```md',
      '[code](no.md)',
      '```',
      'After [`it`](e_(f).md).',
    ].join('\n');
    expect(linksOf(page)).toEqual([
      { line: 1, target: 'a.md' },
      { line: 1, target: 'b.png' },
      { line: 2, target: 'c.md#x' },
      { line: 8, target: 'e_(f).md' },
      { line: 3, target: 'd.md' },
    ]);
  });

  it('anchors have the names that GitHub gives to headings', () => {
    const page =
      '# A `code` heading: with, signs!\n## Twice\n## Twice\n```sh\n# no heading\n```\n### [Link](x.md) _it_\n';
    expect([...anchorsOf(page)]).toEqual(['a-code-heading-with-signs', 'twice', 'twice-1', 'link-_it_']);
  });

  it.each([
    ['docs/nowhere.md', 'no such file'],
    ['#nowhere', 'no such heading'],
    ['package.json#x', 'no page'],
    ['../elsewhere.md', 'leads out of the repository'],
    ['http://example.com', 'not https'],
  ])('a link to %s is reported: %s', (target, problem) => {
    expect(problemOf('README.md', target)).toBe(`${target}: ${problem}`);
  });
});

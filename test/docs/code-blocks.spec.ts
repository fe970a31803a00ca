import { codeBlocks, codeOf, pages, read, withCurrentCode } from '../../scripts/docs.mjs';

const CODE = ['ts', 'tsx', 'typescript', 'js', 'mjs', 'javascript'];
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);

describe('the code in the pages', () => {
  it.each(pages())('the code in %s equals that of its source files (npm run docs copies it)', (page) => {
    const text = read(page);
    expect(text).toBe(withCurrentCode(text));
  });

  it.each(pages())('all code in %s comes from files that are compiled', (page) => {
    const blocks = codeBlocks(read(page)).filter(({ language }) => CODE.includes(language));
    const loose = blocks.filter(({ source }) => !source);
    expect(loose.map(({ code }) => code)).toEqual([]);
    for (const { source } of blocks)
      expect(source).toMatch(/^(docs\/examples|examples|test|apps)\/[\w./-]+\.ts(#[\w-]+)?$/);
  });

  it.each(pages())('the npm scripts named in %s exist', (page) => {
    const named = [...read(page).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name);
    expect(named.filter((name) => !scripts.includes(name as string))).toEqual([]);
  });

  it('a page differs from its sources as soon as a block or its file changes', () => {
    const source = 'docs/examples/limit.ts#limit';
    const page = `Text.\n\n<!-- code: ${source} -->\n\n\`\`\`ts\n${codeOf(source)}\`\`\`\n`;
    expect(withCurrentCode(page)).toBe(page);
    expect(withCurrentCode(page.replace('max:', 'maximum:'))).toBe(page);
  });

  it('a code block must name an existing region', () => {
    expect(() => codeOf('docs/examples/limit.ts#limits')).toThrow('there is no such region');
    expect(() => codeOf('docs/examples/limits.ts')).toThrow('ENOENT');
  });
});

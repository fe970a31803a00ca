// `npm run docs`: copies the code of docs/examples into the pages that show it. A page names what it shows in a
// comment in front of the block, <!-- code: path/of/file.ts#region -->; without a region it is the whole file.
// The tests in test/docs fail where a page and its files differ.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', 'reports', '.git']);
const FENCE = /^(?:<!-- code: (\S+) -->\n\n?)?```(\w*)\n(.*?)^```$/gms;

/** The pages of this repository, by their paths from its root. */
export function pages(folder = ROOT) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return pages(path);
      return entry.name.endsWith('.md') ? [relative(ROOT, path).split(sep).join('/')] : [];
    })
    .sort();
}

/** The text of a file of this repository. */
export function read(path) {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The blocks of code of a page: what each is taken from (if anything), its language and its text. */
export function codeBlocks(markdown) {
  return [...markdown.matchAll(FENCE)].map(([, source, language, code]) => ({ source, language, code }));
}

/** The page with every block as its file has it now. */
export function withCurrentCode(markdown) {
  return markdown.replace(FENCE, (block, source, language) =>
    source === undefined ? block : `<!-- code: ${source} -->\n\n\`\`\`${language}\n${codeOf(source)}\`\`\``,
  );
}

/** The code that a source such as `docs/examples/limit.ts#limit` names, without indentation that all lines share. */
export function codeOf(source) {
  const [path, region] = source.split('#');
  const lines = read(path).split('\n');
  const text = (region === undefined ? lines : linesOf(lines, region, source)).filter(
    (line) => !/^\s*\/\/ #(end)?region\b/.test(line),
  );
  const indents = text.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const indent = Math.min(...indents);
  return `${text
    .map((line) => line.slice(indent))
    .join('\n')
    .trim()}\n`;
}

function linesOf(lines, region, source) {
  const start = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  const end = lines.findIndex((line) => line.trim() === `// #endregion ${region}`);
  if (start === -1 || end < start) throw new Error(`${source}: there is no such region.`);
  return lines.slice(start + 1, end);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const page of pages()) {
    const before = read(page);
    const after = withCurrentCode(before);
    if (after === before) continue;
    writeFileSync(join(ROOT, page), after);
    console.log(`Updated ${page}`);
  }
}

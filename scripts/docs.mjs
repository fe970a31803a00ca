// `npm run docs`: copies the code of docs/examples into the pages that show it. A page names what it shows in a
// comment in front of the block, <!-- code: path/of/file.ts#region -->; without a region it is the whole file.
// The tests in test/docs fail if a page and its files differ.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SKIPPED = new Set(['node_modules', 'dist', '.git']);
/** Folders that hold results; docs/reports holds pages. */
const RESULTS = new Set(['coverage', 'reports', 'site/api'].map((folder) => join(ROOT, folder)));
const EXAMPLES = /^(docs\/examples|test\/docs)\//;
/** Prettier's options for the pages, as in .prettierrc. */
const PRINT_WIDTH = 110;
const IMPORT = /^import (type )?(\{[^}]*\}|\w+) from '([^']+)';$/gm;
const FENCE = /^(?:<!-- code: (\S+) -->\n\n?)?```(\w*)\n(.*?)^```$/gms;

/** Returns the paths of this repository's pages, relative to its root. */
export function pages(folder = ROOT) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name) && !RESULTS.has(join(folder, name)))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return pages(path);
      return entry.name.endsWith('.md') ? [relative(ROOT, path).split(sep).join('/')] : [];
    })
    .sort();
}

/** Returns the text of a file of this repository. */
export function read(path) {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Returns the code blocks of a page: the source of each (if any), its language and its text. */
export function codeBlocks(markdown) {
  return [...markdown.matchAll(FENCE)].map(([, source, language, code]) => ({ source, language, code }));
}

/** Returns the page with the current code of every block's source. */
export function withCurrentCode(markdown) {
  return markdown.replace(FENCE, (block, source, language) =>
    source === undefined ? block : `<!-- code: ${source} -->\n\n\`\`\`${language}\n${codeOf(source)}\`\`\``,
  );
}

/**
 * Returns the code that a source such as `docs/examples/limit.ts#limit` names, without common indentation. A region of an
 * example is preceded by the imports that it needs, so that readers can copy the block unchanged.
 */
export function codeOf(source) {
  const [path, region] = source.split('#');
  const file = read(path);
  const lines = file.split('\n');
  const text = (region === undefined ? lines : linesOf(lines, region, source)).filter(
    (line) => !/^\s*\/\/ #(end)?region\b/.test(line),
  );
  const indents = text.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const indent = Math.min(...indents);
  const code = text
    .map((line) => line.slice(indent))
    .join('\n')
    .trim();
  const imports = region !== undefined && EXAMPLES.test(path) ? importsFor(code, file) : [];
  return `${[imports.join('\n'), code].filter((part) => part !== '').join('\n\n')}\n`;
}

/** Returns the imports that a part of a file needs and does not contain, reduced to the names that it uses. */
function importsFor(code, file) {
  const isUsed = (name) => new RegExp(`\\b${name.split(' ').at(-1)}\\b`).test(code);
  return [...file.matchAll(IMPORT)].flatMap(([line, type = '', names, from]) => {
    if (code.includes(line)) return [];
    if (!names.startsWith('{')) return isUsed(names) ? [line] : [];
    const all = names
      .slice(1, -1)
      .split(',')
      .map((name) => name.trim());
    const used = all.filter((name) => name !== '' && isUsed(name));
    return used.length > 0 ? [importLine(type, used, from)] : [];
  });
}

/** Formats an import as Prettier does. */
function importLine(type, names, from) {
  const line = `import ${type}{ ${names.join(', ')} } from '${from}';`;
  if (line.length <= PRINT_WIDTH) return line;
  return `import ${type}{\n${names.map((name) => `  ${name},`).join('\n')}\n} from '${from}';`;
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

// Paths of the repository and their places on the site. Pages are the repository's own Markdown files, without copies.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pages } from '../../scripts/docs.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The template of a page that shows a source file. */
const TEMPLATE = 'site/source/[path].md';
const LINK = /\]\(([^)\s]+)\)/g;
/** Folders that are worth reading file by file. Of others, such as those of tests, the site has a list. */
const READABLE = /^(?:libs|examples|docs|ops)\//;
const EXTERNAL = /^[a-z][a-z\d+.-]*:/i;

/** Names of languages for the highlighter, where they differ from the extension of a file. */
const LANGUAGES = { mjs: 'js', mts: 'ts', yml: 'yaml', conf: 'nginx' };

/** Returns the place of a Markdown file: pages of docs/ at the top, others by their path in the repository. */
export function placeOf(file) {
  if (file === 'README.md') return 'index.md';
  if (file === 'docs/README.md') return 'contents.md';
  const place = file.replace(/^(?:docs|site)\//, '').replace(/(^|\/)README\.md$/, '$1index.md');
  return /^(?:docs|site)\//.test(file) ? place : `repository/${place.toLowerCase()}`;
}

/** Returns the absolute path on the site of a link from a file, or null for a link that stays as written. */
export function resolveLink(file, href) {
  if (EXTERNAL.test(href) || href.startsWith('#') || href.startsWith('/')) return null;
  const [path, anchor] = href.split('#');
  const target = posix.join(posix.dirname(file), decodeURI(path)).replace(/\/$/, '');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (target.endsWith('.md')) return `/${placeOf(target)}${hash}`;
  return existsSync(join(ROOT, target, 'README.md'))
    ? `/${placeOf(`${target}/README.md`)}${hash}`
    : `/source/${target}.html${hash}`;
}

/** Returns a page for each source file and folder that the Markdown files link to. */
export function sourcePages() {
  const linked = new Set(
    pages()
      .filter((page) => page !== TEMPLATE)
      .flatMap(linkedSources),
  );
  return [...linked]
    .sort()
    .map((path) => ({ params: { path, title: path }, content: `# ${path}\n\n${contentOf(path)}` }));
}

/** Returns the source files and folders that a page links to, with the files in these folders. */
function linkedSources(page) {
  const links = [...readFileSync(join(ROOT, page), 'utf8').matchAll(LINK)].map(([, href]) => href);
  return links
    .map((href) => resolveLink(page, href))
    .filter((place) => place?.startsWith('/source/'))
    .map((place) => place.replace(/^\/source\/(.*)\.html(?:#.*)?$/, '$1'))
    .filter((path) => existsSync(join(ROOT, path)) && !isPicture(path))
    .flatMap((path) => (isFolder(path) ? [path, ...filesIn(path)] : [path]));
}

function filesIn(folder) {
  if (!READABLE.test(`${folder}/`)) return [];
  return readdirSync(join(ROOT, folder))
    .map((name) => `${folder}/${name}`)
    .filter((path) => !isFolder(path) && !/\.(?:md|json)$/.test(path) && !isPicture(path));
}

function contentOf(path) {
  if (!isFolder(path)) {
    const language = extname(path).slice(1);
    const text = readFileSync(join(ROOT, path), 'utf8').trimEnd();
    return `\`\`\`\`\`${LANGUAGES[language] ?? (language || 'text')}\n${text}\n\`\`\`\`\``;
  }
  const names = readdirSync(join(ROOT, path)).filter(
    (name) => !name.startsWith('.') && name !== 'node_modules',
  );
  return names.map((name) => `- ${entryOf(`${path}/${name}`, name)}`).join('\n');
}

/** Returns the line of a list for an entry of a folder, with a link if the entry has a page. */
function entryOf(path, name) {
  if (path.endsWith('.md')) return `[${name}](/${placeOf(path)})`;
  if (isFolder(path)) return `${name}/`;
  return filesIn(dirname(path)).includes(path) ? `[${name}](/source/${path}.html)` : name;
}

function isFolder(path) {
  return statSync(join(ROOT, path)).isDirectory();
}

export function isPicture(path) {
  return /\.(?:svg|png)$/.test(path);
}

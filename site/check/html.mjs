// Finds broken links, missing anchors and resources of other hosts in a built site.
import { readFileSync, readdirSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { Parser } from 'htmlparser2';

/** Attributes from which a browser loads something as soon as it shows the page. */
const LOADED = new Set(['src', 'srcset', 'poster', 'data']);
/** Relations of a `<link>` that load nothing. */
const INERT = new Set(['canonical', 'alternate', 'next', 'prev', 'author', 'license']);
const FROM_ELSEWHERE = /^(?:https?:)?\/\//i;
const CSS_URL = /(?:url\(\s*['"]?|@import\s+['"])(?:https?:)?\/\/[^'")\s]+/gi;

/**
 * Returns the problems of a site, each with its page.
 *
 * @param {string} folder of the built site
 * @returns {string[]}
 */
export function problemsOf(folder) {
  const paths = readdirSync(folder, { recursive: true }).map((path) => path.split(sep).join('/'));
  const files = new Set(paths);
  const pages = new Map(
    paths
      .filter((path) => path.endsWith('.html'))
      .map((path) => [path, parse(readFileSync(join(folder, path), 'utf8'))]),
  );
  const ofPages = [...pages].flatMap(([path, page]) => [
    ...page.links.map((link) => linkProblem(path, link, pages, files)),
    ...page.resources.filter((url) => FROM_ELSEWHERE.test(url)).map((url) => `${path}: loads ${url}`),
  ]);
  const ofStyles = paths
    .filter((path) => path.endsWith('.css'))
    .flatMap((path) =>
      (readFileSync(join(folder, path), 'utf8').match(CSS_URL) ?? []).map((url) => `${path}: loads ${url}`),
    );
  return [...ofPages.filter((problem) => problem !== null), ...ofStyles];
}

/** Returns the ids of a page, its links, and the addresses that it loads. */
function parse(html) {
  const page = { ids: new Set(), links: [], resources: [] };
  new Parser({
    onopentag(name, attributes) {
      for (const id of [attributes.id, name === 'a' ? attributes.name : undefined]) if (id) page.ids.add(id);
      if (name === 'a' && attributes.href !== undefined) page.links.push(attributes.href);
      if (name === 'link' && !INERT.has(attributes.rel)) page.resources.push(attributes.href ?? '');
      for (const [key, value] of Object.entries(attributes)) if (LOADED.has(key)) page.resources.push(value);
    },
  }).end(html);
  return page;
}

/** Returns the problem of a link, or null if it leads to a page and an anchor, or to another host. */
function linkProblem(from, href, pages, files) {
  if (/^[a-z][a-z\d+.-]*:/i.test(href))
    return href.startsWith('http:') ? `${from}: ${href} is not https` : null;
  const { pathname, hash } = new URL(href, `https://site.invalid/${from}`);
  const path = decodeURIComponent(pathname).slice(1);
  const file = path === '' || path.endsWith('/') ? `${path}index.html` : path;
  const target = files.has(file) ? file : `${file}.html`;
  if (!files.has(target)) return `${from}: ${href} leads to no page`;
  const anchor = decodeURIComponent(hash.slice(1));
  if (anchor === '' || !pages.has(target) || pages.get(target).ids.has(anchor)) return null;
  return `${from}: ${href} leads to no heading of ${posix.basename(target)}`;
}

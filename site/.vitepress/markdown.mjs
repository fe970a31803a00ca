// The differences between a Markdown file on a Git host and here.
import { relative } from 'node:path';
import { ROOT, isPicture, resolveLink } from './repository.mjs';

/** Makes links between files of the repository links between pages of the site. */
export function linkPages(md) {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    const file = relative(ROOT, env.realPath ?? env.path);
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      const place = href === null || isPicture(href) ? null : resolveLink(file, href);
      if (place !== null) token.attrSet('href', place);
    }
  });
}

/** Removes the title and the first sentence of README.md, which the hero of the landing page shows. */
export function openWithHero(md) {
  md.core.ruler.push('hero', ({ tokens, env }) => {
    if (relative(ROOT, env.realPath ?? env.path) !== 'README.md') return;
    const end = tokens.findIndex(({ type }) => type === 'paragraph_close');
    tokens.splice(0, end + 1);
  });
}

/** Wraps tables, so that a wide one scrolls on its own. */
export function wrapTables(md) {
  md.renderer.rules.table_open = () => '<div class="table" tabindex="0"><table>\n';
  md.renderer.rules.table_close = () => '</table></div>\n';
}

/** Keeps Vue from reading `{{` as the beginning of an expression, in text and in code. */
export function escapeInterpolations(md) {
  for (const name of ['text', 'code_inline', 'fence']) {
    const render = md.renderer.rules[name];
    md.renderer.rules[name] = (...args) => render(...args).replaceAll('{{', '&#123;&#123;');
  }
}

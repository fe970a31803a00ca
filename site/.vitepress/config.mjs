// The site: the repository's Markdown, the API reference of TypeDoc, and the sources that pages link to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { slug } from 'github-slugger';
import { defineConfig } from 'vitepress';
import { escapeInterpolations, linkPages, openWithHero, wrapTables } from './markdown.mjs';
import { navigation, sidebar } from './navigation.mjs';
import { ROOT, placeOf } from './repository.mjs';

const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0d6a5f"/>' +
      '<path d="M9 17l5 5 9-12" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/></svg>',
  );

export default defineConfig({
  title: 'nestjs-redis-session',
  description: 'Server-side sessions for NestJS',
  srcDir: ROOT,
  srcExclude: ['reports/**', 'coverage/**', 'site/.vitepress/**', 'test/package/fixture/**'],
  rewrites: placeOf,
  head: [
    ['link', { rel: 'icon', href: ICON }],
    ['meta', { name: 'theme-color', content: '#0d6a5f' }],
  ],
  metaChunk: true,
  markdown: {
    anchor: { slugify: slug },
    config: (md) => md.use(linkPages).use(openWithHero).use(wrapTables).use(escapeInterpolations),
  },
  transformPageData,
  themeConfig: {
    nav: navigation(),
    sidebar: sidebar(),
    outline: [2, 3],
    search: { provider: 'local', options: { _render: renderForSearch } },
    docFooter: { prev: false, next: false },
    footer: { message: 'MIT license' },
    externalLinkIcon: true,
  },
  vite: {
    plugins: [{ name: 'vue-of-the-site', enforce: 'pre', resolveId: resolveVue }],
    // Pages are loaded one by one; a large chunk is the search index, which loads when the search opens.
    build: { chunkSizeWarningLimit: 4000 },
  },
});

/** Resolves Vue from this folder, since the pages that import it lie outside. */
function resolveVue(id, importer, options) {
  const isVue = id === 'vue' || id === 'vue/server-renderer';
  return isVue ? this.resolve(id, import.meta.filename, { ...options, skipSelf: true }) : null;
}

/** Turns README.md into the landing page: its first sentence is the hero. */
function transformPageData(page) {
  if (page.filePath === 'README.md') {
    const [, text, tagline] = /\*\*(.+?): (.+?)\*\*/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'));
    page.title = 'nestjs-redis-session';
    page.titleTemplate = text;
    page.frontmatter = {
      ...page.frontmatter,
      layout: 'home',
      hero: {
        name: 'nestjs-redis-session',
        text,
        tagline: tagline[0].toUpperCase() + tagline.slice(1),
        actions: [
          { theme: 'brand', text: 'Get started', link: '/guides/setup' },
          { theme: 'alt', text: 'Is it the right tool?', link: '/guides/choosing' },
          { theme: 'alt', text: 'Operate it', link: '/operations/going-live' },
        ],
      },
    };
  }
  if (page.params?.title) page.title = page.params.title;
}

/** Returns the text that the search finds: of an API page its description and the names on it, of sources and tests nothing. */
function renderForSearch(source, env, md) {
  if (/^(?:site\/source|test)\//.test(env.relativePath)) return '';
  const html = md.render(source, env);
  if (!env.relativePath.startsWith('site/api/')) return html;
  const names = html.match(/<h3[^>]*>.*?<\/h3>/gs) ?? [];
  return [html.split(/<h[23]/)[0], ...names].join('\n');
}

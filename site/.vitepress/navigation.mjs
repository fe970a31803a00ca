// Menus, read from the tables of docs/README.md and from the generated API reference, so that none is written twice.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ROOT, placeOf } from './repository.mjs';

const ROW = /^\| (?:\d+ +\| )?\[([^\]]+)\]\(([^)#]+\.md)\)/gm;
const API = join(ROOT, 'site/api');

/** Sections of docs/README.md that are a menu each. */
const SECTIONS = ['Guides', 'Operations', 'Reference', 'Reports'];
const PROJECT = [
  ['Architecture', 'ARCHITECTURE.md'],
  ['Contributing', 'CONTRIBUTING.md'],
  ['Tests', 'test/README.md'],
  ['Changelog', 'CHANGELOG.md'],
  ['Security policy', 'SECURITY.md'],
  ['Code of conduct', 'CODE_OF_CONDUCT.md'],
];

export function navigation() {
  return [
    ...SECTIONS.map((section) => ({ text: section, ...firstOf(section) })),
    { text: 'API', link: '/api/', activeMatch: '^/api/' },
    {
      text: 'Project',
      items: [
        { text: 'All pages', link: '/contents' },
        { text: 'Decisions', link: '/decisions/' },
        ...project(),
      ],
    },
  ];
}

export function sidebar() {
  const documents = SECTIONS.map((section) => ({ text: section, items: sectionItems(section) }));
  const contents = { text: 'Contents', link: '/contents' };
  return {
    '/api/': apiItems(),
    '/decisions/': [{ text: 'Decisions', link: '/decisions/', items: decisions() }],
    '/repository/': [{ text: 'Project', items: project() }],
    '/source/': [{ text: 'Project', items: project() }],
    '/': [contents, ...documents],
  };
}

function firstOf(section) {
  const [{ link }] = sectionItems(section);
  return { link, activeMatch: `^${posix.dirname(link)}/` };
}

function sectionItems(section) {
  const text = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
  const [, part = ''] = text.split(new RegExp(`^## ${section}$`, 'm'));
  return rowsOf('docs/README.md', part.split(/^## /m)[0]);
}

function decisions() {
  const page = 'docs/decisions/README.md';
  return rowsOf(page, readFileSync(join(ROOT, page), 'utf8'));
}

/** Returns the links that begin the rows of a table. */
function rowsOf(page, table) {
  return [...table.matchAll(ROW)].map(([, text, target]) =>
    itemOf(text, posix.join(posix.dirname(page), target)),
  );
}

function project() {
  return PROJECT.filter(([, file]) => existsSync(join(ROOT, file))).map(([text, file]) => itemOf(text, file));
}

function itemOf(text, file) {
  return { text, link: `/${placeOf(file).replace(/(?:index)?\.md$/, '')}` };
}

/** Returns a menu for each module: its kinds, and their names. */
function apiItems() {
  return [{ text: 'API reference', link: '/api/' }, ...modulesIn('').map(moduleMenu)];
}

function moduleMenu(module) {
  const kinds = foldersIn(module).filter((name) =>
    name.includes('-') || name.endsWith('s') ? !isModule(`${module}/${name}`) : false,
  );
  return {
    text: module,
    link: `/api/${module}/`,
    collapsed: module.includes('/'),
    items: kinds.map((kind) => ({
      text: kind[0].toUpperCase() + kind.slice(1).replace('-', ' '),
      collapsed: true,
      items: namesIn(`${module}/${kind}`).map((name) => ({
        text: name,
        link: `/api/${module}/${kind}/${name}`,
      })),
    })),
  };
}

/** Returns the folders that hold a module, outer ones first. */
function modulesIn(folder) {
  const inner = foldersIn(folder).map((name) => posix.join(folder, name));
  return inner.filter(isModule).flatMap((module) => [module, ...modulesIn(module)]);
}

function isModule(folder) {
  return existsSync(join(API, folder, 'index.md'));
}

function foldersIn(folder) {
  if (!existsSync(API)) return [];
  return readdirSync(join(API, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

function namesIn(folder) {
  return readdirSync(join(API, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -'.md'.length))
    .sort();
}

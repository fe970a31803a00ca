// `npm run build [-- session|cli|demo]`: builds the library, the command line and the demo application, or some of them.
// On a fresh clone it runs before anything else, so it uses nothing but Node and what `npm ci` installs.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');
const BUNDLER = join(ROOT, 'node_modules/rolldown/bin/cli.mjs');

/** Options that suppress the list of written files; warnings and errors are printed. */
const SILENT = ['inherit', 'ignore', 'inherit'];

/** Projects in build order: the others are built against the built library, as any application is. */
const PROJECTS = {
  session: { folder: 'libs/session', steps: [compile, placeTypes, bundle] },
  cli: { folder: 'libs/cli', steps: [compile, bundle] },
  demo: { folder: 'apps/demo', steps: [compile, buildPages] },
};

/**
 * Builds one project from nothing into its `dist`.
 *
 * @param {keyof typeof PROJECTS} name of the project
 * @returns {boolean} false when a step failed; the step has printed the reason
 */
export function build(name) {
  if (!(name in PROJECTS)) throw new Error(`Unknown project "${name}": expected ${Object.keys(PROJECTS)}.`);
  const { folder, steps } = PROJECTS[name];
  rmSync(join(ROOT, folder, 'dist'), { recursive: true, force: true });
  return steps.every((step) => step(join(ROOT, folder)));
}

/** Compiles an application, or the types of a library; Rolldown bundles the library's JavaScript. */
function compile(folder) {
  return run(COMPILER, ['--project', join(folder, 'tsconfig.build.json')], folder);
}

/**
 * Puts the types beside the JavaScript of both module systems; the nearest `package.json` says of which one they are.
 * Types that no entry leads to are not published.
 */
function placeTypes(folder) {
  const [types, esm, cjs] = ['dist/types', 'dist/esm', 'dist/cjs'].map((path) => join(folder, path));
  for (const path of typesWithin(types, publicTypes(folder))) {
    for (const target of [esm, cjs]) cpSync(join(types, path), join(target, path));
  }
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
  rmSync(types, { recursive: true });
  return true;
}

/** Returns the type files that the `exports` of a package name. */
function publicTypes(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = Object.values(exports).filter((entry) => entry.import);
  return entries.map((entry) => posix.relative('dist/esm', posix.normalize(entry.import.types)));
}

/** Returns type files with everything that they import, directly or indirectly. */
function typesWithin(folder, entries) {
  const found = new Set(entries);
  for (const path of found) {
    const text = readFileSync(join(folder, path), 'utf8');
    for (const [, neighbour] of text.matchAll(/["'](\.{1,2}\/[^"']+)\.js["']/g)) {
      const file = posix.join(posix.dirname(path), `${neighbour}.d.ts`);
      if (existsSync(join(folder, file))) found.add(file);
    }
  }
  return found;
}

function bundle(folder) {
  return run(
    BUNDLER,
    ['--config', join(folder, 'rolldown.config.mjs'), '--logLevel', 'warn'],
    folder,
    SILENT,
  );
}

/** Builds the pages of the demo, by the Vite that it depends on, into its `dist`. */
function buildPages(folder) {
  const pages = join(folder, 'web');
  if (!existsSync(pages)) return true;
  const manifest = createRequire(join(pages, 'vite.config.ts')).resolve('vite/package.json');
  return run(join(dirname(manifest), 'bin/vite.js'), ['build', pages, '--logLevel', 'warn'], folder);
}

function run(program, args, cwd, stdio = 'inherit') {
  return spawnSync(process.execPath, [program, ...args], { cwd, stdio }).status === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  const names = wanted.length > 0 ? wanted : Object.keys(PROJECTS);
  if (!names.every(build)) process.exit(1);
}

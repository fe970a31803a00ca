// `npm run build [-- session|demo]`: builds the projects that nest-cli.json describes, as `nest build` does.
// The Nest CLI itself loads packages that do not run on the oldest Node of `engines`, the compiler does.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** In this order: the demo is built against the built library, as any application is. */
const PROJECTS = ['session', 'demo'];
const COMPILER = 'node_modules/typescript/bin/tsc';

/**
 * Builds one project from nothing into its `dist`.
 *
 * @param {string} name a project of nest-cli.json
 * @returns {boolean} false when it does not compile, of which the compiler has told
 */
export function build(name) {
  const { root, sourceRoot, compilerOptions } = nestProject(name);
  const dist = join(ROOT, root, 'dist');
  rmSync(dist, { recursive: true, force: true });
  const args = [COMPILER, '--project', compilerOptions.tsConfigPath];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) return false;
  for (const { include } of compilerOptions.assets ?? []) copyAssets(join(ROOT, sourceRoot), dist, include);
  return buildPages(join(ROOT, root, 'web'));
}

/** Builds the pages of a project that has some, by the Vite that it depends on, into its `dist`. */
function buildPages(folder) {
  if (!existsSync(folder)) return true;
  const manifest = createRequire(join(folder, 'vite.config.ts')).resolve('vite/package.json');
  const args = [join(dirname(manifest), 'bin/vite.js'), 'build', folder, '--logLevel', 'warn'];
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

function nestProject(name) {
  const { projects } = JSON.parse(readFileSync(join(ROOT, 'nest-cli.json'), 'utf8'));
  if (!(name in projects))
    throw new Error(`nest-cli.json has no project "${name}", only ${Object.keys(projects)}.`);
  return projects[name];
}

/** Copies `folder/*.ext`, the one form of pattern in use here. */
function copyAssets(from, to, pattern) {
  const [, folder, extension] = /^([^*]+)\/\*(\.\w+)$/.exec(pattern) ?? [];
  if (!folder) throw new Error(`Assets are given as folder/*.ext, which "${pattern}" is not.`);
  const files = readdirSync(join(from, folder)).filter((file) => file.endsWith(extension));
  for (const file of files) cpSync(join(from, folder, file), join(to, folder, file));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  const names = wanted.length > 0 ? wanted : PROJECTS;
  if (!names.every(build)) process.exit(1);
}

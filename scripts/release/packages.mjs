// The published packages of the workspace: those in libs/ that are not private.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fail, ROOT } from '../setup.mjs';

/** Returns the published packages: their folders and manifests. Those that others are built with come first. */
export function publishedPackages() {
  const found = readdirSync(join(ROOT, 'libs'))
    .map((name) => join(ROOT, 'libs', name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readJson(join(folder, 'package.json')) }))
    .filter(({ manifest }) => manifest.private !== true);
  const names = new Set(found.map(({ manifest }) => manifest.name));
  const requirements = ({ dependencies, devDependencies }) =>
    Object.keys({ ...dependencies, ...devDependencies }).filter((name) => names.has(name)).length;
  return found.sort((one, other) => requirements(one.manifest) - requirements(other.manifest));
}

/** Runs npm and returns its output; ends this process with the output of npm when it fails. */
export function npm(cwd, args) {
  const cli = process.env.npm_execpath ?? '';
  const [command, first] = cli.endsWith('npm-cli.js') ? [process.execPath, [cli]] : ['npm', []];
  const { status, stdout, stderr, error } = spawnSync(command, [...first, ...args], {
    cwd,
    env: environment(),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    shell: command === 'npm' && process.platform === 'win32',
  });
  if (status !== 0)
    fail(`npm ${args.join(' ')} failed in ${cwd}:\n${stdout}${stderr}${error?.message ?? ''}`);
  return stdout;
}

/** Returns the environment without what the surrounding `npm run` says about this workspace. */
export function environment() {
  const ours = /^(?:NODE_OPTIONS$|npm_(?:package|lifecycle|config_(?!registry|cache)))/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

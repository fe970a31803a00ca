// Prepares `npm start` and `npm test`: checks the version of Node, installs packages and brings builds up to date.
// It runs on a fresh clone, so it uses nothing but Node itself.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const ORPHAN_CHECK_MS = 250;
const SHARED_INPUTS = ['tsconfig.json', 'scripts/build.mjs', 'package-lock.json'];
const LIBRARY = 'libs/session/dist/esm/index.js';
const BUILDS = [
  {
    project: 'session',
    output: LIBRARY,
    inputs: [
      'libs/session/src',
      'libs/session/package.json',
      'libs/session/rolldown.config.mjs',
      'libs/session/tsconfig.json',
      'libs/session/tsconfig.build.json',
    ],
  },
  {
    project: 'cli',
    output: 'libs/cli/dist/main.js',
    inputs: [
      'libs/cli/src',
      'libs/cli/package.json',
      'libs/cli/rolldown.config.mjs',
      'libs/cli/tsconfig.json',
      'libs/cli/tsconfig.build.json',
      LIBRARY,
    ],
  },
  {
    project: 'demo',
    output: 'apps/demo/dist/main.js',
    inputs: [
      'apps/demo/src',
      'apps/demo/web',
      'apps/demo/package.json',
      'apps/demo/tsconfig.json',
      'apps/demo/tsconfig.build.json',
      LIBRARY,
    ],
  },
];

/** Makes the clone ready to run; ends this process with a message when it cannot. */
export function setUp() {
  setUpPackages();
  for (const stage of BUILDS) {
    // In sequence, because a new build of the library makes the demo's build out of date.
    if (!isStale(stage)) continue;
    console.error(`Building: ${stage.project}`);
    if (!build(stage.project)) process.exit(1);
  }
}

/** Does the part of {@link setUp} that sources need: checks the version of Node and installs the packages. */
export function setUpPackages() {
  process.chdir(ROOT);
  checkNode();
  installPackages();
}

/** Runs a program in the foreground and ends this process the way that program ends. */
export function runToTheEnd(command, args, env = process.env) {
  const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child as well; a second signal would force it to end.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  const orphanWatch = process.env.npm_lifecycle_event && whenOrphaned(() => child.kill('SIGTERM'));
  child.on('error', (error) => fail(`Could not run ${command}: ${error.message}`));
  child.on('exit', (code, signal) => {
    clearInterval(orphanWatch);
    if (signal === null) process.exit(code);
    signals.forEach((name) => process.removeAllListeners(name));
    process.kill(process.pid, signal);
  });
}

/**
 * Calls `act` when the parent process has ended. npm passes signals to the shell that runs a script, and the shell may end
 * without passing them on, so the new parent is the only sign.
 */
function whenOrphaned(act) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    act();
  }, ORPHAN_CHECK_MS);
  return watch;
}

/** Ends this process with a message for the person at the terminal. */
export function fail(message) {
  console.error(message);
  process.exit(1);
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
  const [major, minor] = engines.node.match(/\d+/g).map(Number);
  const [hasMajor, hasMinor] = process.versions.node.split('.').map(Number);
  if (hasMajor > major || (hasMajor === major && hasMinor >= minor)) return;
  fail(
    `This needs Node ${engines.node}, and here is Node ${process.versions.node}. Get one from https://nodejs.org`,
  );
}

function installPackages() {
  const installed = modifiedAt('node_modules/.package-lock.json');
  if (installed >= modifiedAt('package-lock.json')) return;
  console.error('Installing packages: npm ci');
  runNpm(['ci']);
}

/**
 * Installs a package that is not part of the workspace, unless the installed versions match its lock file. Such packages
 * hold the dependencies of rare runs, so that a plain install stays small.
 */
export function installBeside(folder) {
  const installed = modifiedAt(join(folder, 'node_modules', '.package-lock.json'));
  if (installed >= modifiedAt(join(folder, 'package-lock.json'))) return;
  console.error(`Installing packages: npm ci in ${folder}/`);
  runNpm(['ci'], { cwd: join(ROOT, folder) });
}

/** Runs npm to its end, with options for the process; ends this one when it fails. */
export function runNpm(args, options = {}) {
  const npmCli = process.env.npm_execpath ?? '';
  // Under `npm start` the environment has the path of npm's CLI; this also works on Windows, where `npm` is a shell script.
  if (npmCli.endsWith('npm-cli.js')) runFirst(process.execPath, [npmCli, ...args], options);
  else runFirst('npm', args, { shell: process.platform === 'win32', ...options });
}

function isStale({ output, inputs }) {
  const built = modifiedAt(output);
  return [...SHARED_INPUTS, ...inputs].some((input) => newestIn(input) > built);
}

/** Runs a program to its end; ends this process when it fails. */
export function runFirst(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) fail(`Could not run ${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** Returns the time of the latest change under a path. Folders count too, because deleting a file changes its folder. */
function newestIn(path) {
  if (!existsSync(path) || !statSync(path).isDirectory()) return modifiedAt(path);
  const entries = readdirSync(path).filter((name) => !/\.(spec|type-test)\.ts$/.test(name));
  return entries.reduce((newest, name) => Math.max(newest, newestIn(join(path, name))), modifiedAt(path));
}

/** Returns the modification time of a file in milliseconds since the epoch, or -1 if the file does not exist. */
function modifiedAt(path) {
  return existsSync(path) ? statSync(path).mtimeMs : -1;
}

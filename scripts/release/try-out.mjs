// Installs packed packages in an empty project, as a user would, and runs them there with a real Redis.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { startRedisServer } from '../redis-server.mjs';
import { ROOT } from '../setup.mjs';
import { environment, npm, readJson } from './packages.mjs';

const PROGRAM = join(ROOT, 'scripts/release/application.mjs');
/** Packages that the application needs beside the library and its peers. */
const PLATFORM = '@nestjs/platform-express';

/**
 * Returns what went wrong, or an empty list.
 *
 * @param {{ manifest: object, tarball: string }[]} packages
 * @returns {Promise<string[]>}
 */
export async function tryOut(packages) {
  const folder = mkdtempSync(join(tmpdir(), 'session-release-'));
  const redis = await startRedisServer();
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify(projectOf(packages)));
    npm(folder, ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']);
    cpSync(PROGRAM, join(folder, 'application.mjs'));
    return [
      ...packages.flatMap(({ manifest }) => importProblems(folder, manifest)),
      ...run(folder, ['application.mjs'], { REDIS_URL: redis.url }),
      ...packages.flatMap(({ manifest }) => commandProblems(folder, manifest, redis.url)),
    ];
  } finally {
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function projectOf(packages) {
  const { devDependencies } = readJson(join(ROOT, 'package.json'));
  const tarballs = packages.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]);
  // Optional peers too, because some entries need one. Versions are those of this workspace.
  const peers = packages
    .flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {}))
    .map((name) => [name, devDependencies[name] ?? '*']);
  const dependencies = Object.fromEntries([...peers, [PLATFORM, devDependencies[PLATFORM]], ...tarballs]);
  return { private: true, type: 'module', dependencies };
}

/** Imports each entry of a package as an ES module and as CommonJS. */
function importProblems(folder, { name, exports = {} }) {
  const entries = Object.keys(exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => `${name}${path.slice(1)}`);
  if (entries.length === 0) return [];
  const list = JSON.stringify(entries);
  return [
    ...run(folder, ['--input-type=module', '-e', `for (const entry of ${list}) await import(entry)`]),
    ...run(folder, ['--input-type=commonjs', '-e', `for (const entry of ${list}) require(entry)`]),
  ];
}

/** Runs the commands of a package: each must say its version and what it finds in Redis. */
function commandProblems(folder, { name, version, bin = {} }, url) {
  return Object.entries(bin).flatMap(([command, path]) => {
    const file = join('node_modules', name, path);
    const printed = run(folder, [file, '--version'], {}, version);
    return [...printed, ...run(folder, [file, 'stats', '--json'], { REDIS_URL: url }, '"sessions"')].map(
      (problem) => `${command}: ${problem}`,
    );
  });
}

/** Runs Node in the project; returns the output if it failed or lacks a text. */
function run(folder, args, env = {}, expected = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { ...environment(), ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status === 0 && stdout.includes(expected)) return [];
  return [`node ${args.join(' ')} ended with ${status}, expected "${expected}":\n${stdout}${stderr}`];
}

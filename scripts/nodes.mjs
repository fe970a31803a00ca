// Other versions of Node, from the registry's package `node`. They are cached outside of the clone.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { runNpm } from './setup.mjs';

const FOLDER = join(tmpdir(), 'nestjs-redis-session-nodes');

/**
 * Returns the path of a Node version's program, after installing it if it is missing.
 *
 * @param {string} version as npm takes it: '22', '24.21.0', 'latest'
 * @returns {string} the path; for the version of this process, its own
 */
export function nodeProgram(version) {
  if (version === process.versions.node || version === process.versions.node.split('.')[0])
    return process.execPath;
  const folder = join(FOLDER, version);
  const program = join(folder, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    // A script of the package installs the program for this platform.
    const options = [
      '--prefix',
      folder,
      '--no-save',
      '--prefer-offline',
      '--ignore-scripts=false',
      '--loglevel=error',
    ];
    runNpm(['install', ...options, `node@${version}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return program;
}

/** Returns the version that a program of {@link nodeProgram} prints. */
export function versionOf(program) {
  return spawnSync(program, ['--version'], { encoding: 'utf8', env: {} }).stdout.trim();
}

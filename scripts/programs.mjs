// Programs of this machine, and Debian's where they may be installed.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/**
 * Finds a program on the PATH.
 *
 * @param {string} name of the program
 * @returns {string | null} its path
 */
export function findOnPath(name) {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, file)).find(isExecutable) ?? null;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Installs a package with apt-get, where there is one and this process may use it.
 *
 * @param {string} name of a package
 * @param {string} reason the beginning of the message that announces it
 * @returns {boolean} whether it did
 */
export function installFromDebian(name, reason) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || findOnPath('apt-get') === null) return false;
  console.error(`${reason}: installing ${name} with apt-get.`);
  // Debian starts a service when it installs one, but not in run level 1. Only the program is wanted here.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args) => spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env }).status === 0;
  const install = () => apt('install', '-y', '--no-install-recommends', name);
  return install() || (apt('update') && install());
}

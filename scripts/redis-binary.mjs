// Where this workspace gets a Redis server from. The tests and the npm scripts share this one answer.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

const DOCKER_IMAGE = 'redis:7-alpine';
const SERVERS = ['redis-server', 'valkey-server'];
const PROBE_TIMEOUT_MS = 10_000;

const HOW_TO_INSTALL = `No Redis server was found, and none could be installed. One of these will do:
  Debian, Ubuntu   sudo apt-get install redis-server
  Fedora           sudo dnf install valkey
  macOS            brew install redis
  anywhere         start Docker: the tests then run ${DOCKER_IMAGE} in it`;

/**
 * A way to run a Redis server: a program of this machine, or an image for its Docker engine.
 *
 * @typedef {{ kind: 'binary', path: string } | { kind: 'docker', image: string }} RedisRuntime
 */

/**
 * Finds a server without changing the machine: first on the PATH, then a Docker engine that answers.
 *
 * @returns {RedisRuntime | null}
 */
export function findRedis() {
  const path = SERVERS.map(findOnPath).find((found) => found !== null);
  if (path) return { kind: 'binary', path };
  return dockerAnswers() ? { kind: 'docker', image: DOCKER_IMAGE } : null;
}

/**
 * Finds a server, and where that fails installs Debian's.
 *
 * @returns {RedisRuntime}
 * @throws {Error} that says what to install, when there is nothing to run.
 */
export function ensureRedis() {
  const found = findRedis() ?? installFromDebian();
  if (!found) throw new Error(HOW_TO_INSTALL);
  return found;
}

function findOnPath(name) {
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

/** The client alone is no use: `docker version` with a server format fails unless an engine answers. */
function dockerAnswers() {
  const probe = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], {
    stdio: 'ignore',
    timeout: PROBE_TIMEOUT_MS,
  });
  return probe.status === 0;
}

function installFromDebian() {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || findOnPath('apt-get') === null) return null;
  console.error('No Redis server here: installing redis-server with apt-get.');
  // Debian starts a service when it installs one, but not in run level 1. Only the program is wanted here.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args) => spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env }).status === 0;
  const install = () => apt('install', '-y', '--no-install-recommends', 'redis-server');
  if (!install() && !(apt('update') && install())) return null;
  return findRedis();
}

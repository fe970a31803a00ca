// Finds or installs a Redis server for the tests and the npm scripts.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { findOnPath, installFromDebian } from './programs.mjs';

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
 * Finds a server without changing the machine: the one that REDIS_SERVER names, one on the PATH, or a Docker engine that
 * answers.
 *
 * @returns {RedisRuntime | null}
 */
export function findRedis() {
  const { REDIS_SERVER: named } = process.env;
  if (named) return { kind: 'binary', path: named };
  const path = SERVERS.map(findOnPath).find((found) => found !== null);
  if (path) return { kind: 'binary', path };
  return dockerAnswers() ? { kind: 'docker', image: DOCKER_IMAGE } : null;
}

/**
 * Finds a server, and where that fails installs Debian's.
 *
 * @returns {RedisRuntime}
 * @throws {Error} with installation instructions, if no server can be found or installed
 */
export function ensureRedis() {
  const found =
    findRedis() ?? (installFromDebian('redis-server', 'No Redis server here') ? findRedis() : null);
  if (!found) throw new Error(HOW_TO_INSTALL);
  return found;
}

/** Checks that a Docker engine answers: `docker version` with a server format fails if only the client is installed. */
function dockerAnswers() {
  const probe = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], {
    stdio: 'ignore',
    timeout: PROBE_TIMEOUT_MS,
  });
  return probe.status === 0;
}

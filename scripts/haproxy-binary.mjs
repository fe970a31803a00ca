// Finds or installs haproxy for the tests behind a load balancer.
import { existsSync } from 'node:fs';
import process from 'node:process';
import { findOnPath, installFromDebian } from './programs.mjs';

/** Places outside of the PATH of a user who is not root. */
const USUAL_PLACES = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy'];

const HOW_TO_INSTALL = `No haproxy was found for the tests behind a load balancer, and none could be installed. One of these will do:
  Debian, Ubuntu   sudo apt-get install haproxy
  macOS            brew install haproxy
  anywhere         set HAPROXY to the path of the program`;

/**
 * Finds haproxy without changing the machine: the program that HAPROXY names, or one that is installed.
 *
 * @returns {string | null} its path
 */
export function findHaproxy() {
  return process.env.HAPROXY || findOnPath('haproxy') || (USUAL_PLACES.find(existsSync) ?? null);
}

/**
 * Finds haproxy, and where that fails installs Debian's.
 *
 * @returns {string} its path
 * @throws {Error} with installation instructions, if it can neither be found nor installed
 */
export function ensureHaproxy() {
  const found = findHaproxy() ?? (installFromDebian('haproxy', 'No haproxy here') ? findHaproxy() : null);
  if (!found) throw new Error(HOW_TO_INSTALL);
  return found;
}

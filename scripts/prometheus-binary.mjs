// Finds or installs Prometheus and its tool for the tests of the rules and of the board.
import process from 'node:process';
import { findOnPath, installFromDebian } from './programs.mjs';

export const HOW_TO_INSTALL_PROMETHEUS = `No Prometheus was found, and none could be installed. One of these will do:
  Debian, Ubuntu   sudo apt-get install prometheus
  macOS            brew install prometheus
  anywhere         set PROMETHEUS and PROMTOOL to the paths of the two programs of a release of Prometheus`;

/**
 * The programs of Prometheus.
 *
 * @typedef {{ server: string, tool: string }} Prometheus
 */

/**
 * Finds the programs without changing the machine: those that PROMETHEUS and PROMTOOL name, or those on the PATH.
 *
 * @returns {Prometheus | null}
 */
export function findPrometheus() {
  const server = process.env.PROMETHEUS || findOnPath('prometheus');
  const tool = process.env.PROMTOOL || findOnPath('promtool');
  return server && tool ? { server, tool } : null;
}

/**
 * Finds the programs, and where that fails installs Debian's.
 *
 * @returns {Prometheus | null} `null` if they can neither be found nor installed
 */
export function ensurePrometheus() {
  const isInstalled = () => installFromDebian('prometheus', 'No Prometheus here');
  return findPrometheus() ?? (isInstalled() ? findPrometheus() : null);
}

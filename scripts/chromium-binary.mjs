// Finds or installs a browser for the tests of the demo's pages.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { findOnPath, installFromDebian } from './programs.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const USUAL_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
const PROBE_TIMEOUT_MS = 20_000;

const HOW_TO_INSTALL = `No Chromium was found for the tests of the pages, and none could be installed. One of these will do:
  Debian             sudo apt-get install chromium
  Fedora             sudo dnf install chromium
  macOS, Windows     install Google Chrome
  anywhere           set CHROMIUM to the path of a Chromium or Chrome`;

/**
 * Finds a Chromium without changing the machine: the one that CHROMIUM names, on the PATH, or where it usually is.
 *
 * @returns {string | null} its path
 */
export function findChromium() {
  const named = process.env.CHROMIUM;
  if (named) return runs(named) ? named : null;
  const candidates = [...NAMES.map(findOnPath), ...USUAL_PLACES.filter(existsSync)];
  // On Ubuntu the program of that name only points to a snap package.
  return candidates.find((path) => path !== null && runs(path)) ?? null;
}

/**
 * Finds a Chromium, and where that fails installs Debian's.
 *
 * @returns {string} its path
 * @throws {Error} with installation instructions, if no browser can be found or installed
 */
export function ensureChromium() {
  const found = findChromium() ?? (installFromDebian('chromium', 'No Chromium here') ? findChromium() : null);
  if (!found) throw new Error(HOW_TO_INSTALL);
  return found;
}

function runs(path) {
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: PROBE_TIMEOUT_MS }).status === 0;
}

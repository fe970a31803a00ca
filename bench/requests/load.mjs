// Puts load on subjects from a separate process: wrk where it is on the PATH, else the generator of this folder.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const HAS_WRK = !spawnSync('wrk', ['--version']).error;

/** Name of the load generator. */
export const LOADER = HAS_WRK ? 'wrk' : 'bench/requests/generator.mjs';

/** Number of open connections, each with one request in flight. */
export const CONNECTIONS = 32;

/** Sends requests in turn for some seconds, each as soon as a connection is free. See `requestLines` for their form. */
export function load(url, lines, seconds) {
  return HAS_WRK ? runWith(wrkCommand, url, lines, seconds) : saturate([url], lines, seconds);
}

/** Does the same with the generator of this folder, evenly over several servers. */
export function saturate(urls, lines, seconds) {
  return runWith(generatorCommand, urls.join(), lines, seconds);
}

/** Sends requests at a constant rate per second, whether earlier ones were answered or not. */
export function loadAtRate(url, lines, seconds, rate) {
  return runWith(generatorCommand, url, lines, seconds, rate);
}

async function runWith(commandFor, url, lines, seconds, rate) {
  const folder = await mkdtemp(join(tmpdir(), 'session-bench-'));
  try {
    const file = join(folder, 'requests');
    await writeFile(file, lines.map((line) => `${line}\n`).join(''));
    const [command, ...args] = commandFor(url, file, seconds, rate);
    const { stdout } = await run(command, args);
    const result = JSON.parse(stdout.trim().split('\n').at(-1));
    if (result.failed > 0)
      throw new Error(`${result.failed} of ${result.requests} requests to ${url} failed`);
    return result;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function generatorCommand(urls, file, seconds, rate) {
  const numbers = [CONNECTIONS, seconds, ...(rate ? [rate] : [])].map(String);
  return [process.execPath, pathOf('generator.mjs'), urls, file, ...numbers];
}

function wrkCommand(url, file, seconds) {
  const size = ['--threads', '1', '--connections', String(CONNECTIONS), '--duration', `${seconds}s`];
  return ['wrk', ...size, '--script', pathOf('wrk.lua'), url, '--', file];
}

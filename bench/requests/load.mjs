// Puts load on a subject from a separate process: wrk where it is on the PATH, else autocannon.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Name of the load generator. */
export const LOADER = spawnSync('wrk', ['--version']).error ? 'autocannon' : 'wrk';

/** Number of open connections, each with one request in flight. */
export const CONNECTIONS = 32;

/** Sends GET /me with the cookies in turn for some seconds. */
export async function load(url, cookies, seconds) {
  const folder = await mkdtemp(join(tmpdir(), 'session-bench-'));
  try {
    const file = join(folder, 'cookies');
    await writeFile(file, cookies.map((cookie) => `${cookie}\n`).join(''));
    const [command, ...args] = commandFor(url, file, seconds);
    const { stdout } = await run(command, args);
    const result = JSON.parse(stdout.trim().split('\n').at(-1));
    if (result.failed > 0)
      throw new Error(`${result.failed} of ${result.requests} requests to ${url} failed`);
    return result;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function commandFor(url, file, seconds) {
  if (LOADER === 'autocannon')
    return [process.execPath, pathOf('autocannon.mjs'), url, file, String(CONNECTIONS), String(seconds)];
  const script = ['--script', pathOf('wrk.lua')];
  return ['wrk', '--threads', '1', '--connections', String(CONNECTIONS), '--duration', `${seconds}s`].concat(
    script,
    [url, '--', file],
  );
}

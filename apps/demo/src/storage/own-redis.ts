import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { SettingsError } from '../settings/settings.error.js';

/** A Redis server that this process started. */
export interface OwnRedis {
  readonly program: string;
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const PROGRAMS = ['redis-server', 'valkey-server'];
const HOST = '127.0.0.1';
const ATTEMPTS = 3;
const STOP_TIMEOUT_MS = 3_000;

/**
 * Starts the installed Redis or Valkey server on a free loopback port. The server stops with this process.
 *
 * @returns `null` when neither program is on the PATH
 * @throws SettingsError with the server's last output, when the server does not start
 */
export async function startOwnRedis(): Promise<OwnRedis | null> {
  for (const program of PROGRAMS) {
    const server = await launchWithRetries(program);
    if (server) return server;
  }
  return null;
}

/** Retries, because another process may take the free port before the server binds it. */
async function launchWithRetries(program: string): Promise<OwnRedis | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(program, await freePort());
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function launch(program: string, port: number): Promise<OwnRedis | null> {
  const args = ['--port', String(port), '--bind', HOST, '--save', '', '--appendonly', 'no'];
  // Runs in its own process group, so that Ctrl-C does not stop the server before the demo has sent its last response.
  const child = spawn(program, args, {
    cwd: tmpdir(),
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const killAtExit = () => child.kill();
  process.once('exit', killAtExit);
  child.once('exit', () => process.off('exit', killAtExit));
  if (!(await isReady(child, program))) return null;
  return { program, url: `redis://${HOST}:${port}`, pid: child.pid as number, stop: () => stop(child) };
}

/** Waits until a server accepts connections. @returns `false` when the program is not installed */
function isReady(child: ChildProcess & { stdout: NodeJS.ReadableStream }, program: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let lastLine = '';
    createInterface(child.stdout).on('line', (line) => {
      lastLine = line;
      // Redis and Valkey print the same line. A connection attempt could reach another process on that port.
      if (line.includes('Ready to accept connections')) resolve(true);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(false);
      else reject(failed(program, error.message));
    });
    child.once('close', () => reject(failed(program, lastLine)));
  });
}

function failed(program: string, detail: string): SettingsError {
  const remedy = `Set REDIS_URL, or fix ${program}.`;
  return new SettingsError('REDIS_URL', `not set, and ${program} did not start: ${detail}. ${remedy}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

// Starts throw-away Redis servers: on the loopback address, without persistence, each in a folder of its own.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureRedis } from './redis-binary.mjs';

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 15_000;
/** The first run in Docker may have to pull the image. */
const READY_WITHIN_IN_DOCKER_MS = 180_000;
const STOP_WITHIN_MS = 3_000;
const PING_TIMEOUT_MS = 1_000;
const PORT_ATTEMPTS = 5;
const ENDING_SIGNALS = new Set(['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGQUIT']);

/** @type {import('./redis-server.mjs').startRedisServer} */
export async function startRedisServer({ args = [], config, port } = {}) {
  const runtime = ensureRedis();
  if (port !== undefined) return launch(runtime, port, args, config);
  // Between asking for a free port and binding it, somebody else may take it.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(runtime, await freePort(), args, config);
    } catch (error) {
      if (
        attempt === PORT_ATTEMPTS ||
        !/address already in use|port is already allocated/i.test(error.message)
      )
        throw error;
    }
  }
}

/** What a server prints once the port is its own. One that finds it taken never comes so far. */
const LISTENING = /Ready to accept connections|Sentinel ID is/;

const portsGiven = new Set();

/** A loopback port that nobody listens on at this moment, and that this process has not been given before. */
export async function freePort() {
  const probe = createServer().listen(0, HOST);
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  if (portsGiven.has(port)) return freePort();
  portsGiven.add(port);
  return port;
}

async function launch(runtime, port, args, config) {
  const dir = await mkdtemp(join(tmpdir(), 'session-redis-'));
  const server =
    runtime.kind === 'docker'
      ? inDocker(runtime.image, port, args)
      : asProcess(runtime.path, dir, port, args, await writeConfig(dir, config));
  const output = collectOutput(server.child);
  const stop = async () => {
    await server.end();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await untilReady(server, port, output);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: urlOf(port, args), port, pid: server.child.pid, stop, kill: (signal) => server.kill(signal) };
}

/** A server takes the name of its file first, before all other arguments. */
async function writeConfig(dir, config) {
  if (config === undefined) return [];
  const file = join(dir, 'redis.conf');
  await writeFile(file, config);
  return [file];
}

function asProcess(path, dir, port, args, files) {
  const child = spawn(path, [...files, ...serverArgs(port, HOST), '--dir', dir, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = async (signal = 'SIGTERM') => {
    child.kill(signal);
    if (ENDING_SIGNALS.has(signal)) await exitOf(child);
  };
  const end = async () => {
    child.kill('SIGTERM');
    // A server that was stopped with SIGSTOP, or is busy, does not see a SIGTERM.
    if (!(await exitOf(child, STOP_WITHIN_MS))) await kill('SIGKILL');
  };
  return { child, kill, end, readyWithinMs: READY_WITHIN_MS };
}

function inDocker(image, port, args) {
  const name = `session-redis-${randomUUID()}`;
  const publish = ['--publish', `${HOST}:${port}:${port}`];
  // Inside the container it listens on every address, which Redis guards by its protected mode; the port is
  // published on the loopback address of this machine alone.
  const server = ['redis-server', ...serverArgs(port, '0.0.0.0'), '--protected-mode', 'no', ...args];
  const child = spawn('docker', ['run', '--rm', '--name', name, ...publish, image, ...server], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = async (signal = 'SIGTERM') => {
    spawnSync('docker', ['kill', '--signal', signal, name], { stdio: 'ignore' });
    if (ENDING_SIGNALS.has(signal)) await exitOf(child);
  };
  const end = async () => {
    spawnSync('docker', ['rm', '--force', name], { stdio: 'ignore' });
    if (!(await exitOf(child, STOP_WITHIN_MS))) child.kill('SIGKILL');
  };
  return { child, kill, end, readyWithinMs: READY_WITHIN_IN_DOCKER_MS };
}

function serverArgs(port, bind) {
  return ['--port', String(port), '--bind', bind, '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
}

function urlOf(port, args) {
  const at = args.indexOf('--requirepass');
  const credentials = at === -1 ? '' : `:${encodeURIComponent(args[at + 1])}@`;
  return `redis://${credentials}${HOST}:${port}`;
}

function collectOutput(child) {
  const output = { text: '', isListening: false };
  const keep = (chunk) => {
    output.text = (output.text + chunk).slice(-4_000);
    output.isListening ||= LISTENING.test(output.text);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => keep(`${error.message}\n`));
  return output;
}

async function untilReady({ child, readyWithinMs }, port, output) {
  const deadline = Date.now() + readyWithinMs;
  while (Date.now() < deadline) {
    if (hasExited(child)) throw new Error(`The Redis server on port ${port} ended at once:\n${output.text}`);
    // Before it says so, the answer may be that of another server, which was quicker to take the port.
    if (output.isListening && (await answersPing(port))) return;
    await delay(20);
  }
  throw new Error(
    `The Redis server on port ${port} was not ready after ${readyWithinMs} ms:\n${output.text}`,
  );
}

/** True once the server serves commands; one that asks for a password serves too, one that loads does not. */
function answersPing(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    const answer = (ready) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(PING_TIMEOUT_MS, () => answer(false));
    socket.on('error', () => answer(false));
    socket.on('close', () => answer(false));
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.once('data', (reply) => answer(/^(\+PONG|-NOAUTH)/.test(reply.toString())));
  });
}

function hasExited(child) {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Waits for the end of a process; false when it still runs after `withinMs`. */
async function exitOf(child, withinMs) {
  if (hasExited(child)) return true;
  const exited = once(child, 'exit').then(() => true);
  if (withinMs === undefined) return exited;
  const timer = new AbortController();
  const late = delay(withinMs, false, { signal: timer.signal, ref: false }).catch(() => false);
  const result = await Promise.race([exited, late]);
  timer.abort();
  return result;
}

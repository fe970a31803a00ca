// Starts throw-away Redis servers: on the loopback address, without persistence, each in a folder of its own.
import { Buffer } from 'node:buffer';
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
/** Time in which a server that finds its port taken ends. */
const ENDS_AT_ONCE_WITHIN_MS = 200;
const ENDING_SIGNALS = new Set(['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGQUIT']);

/** @type {import('./redis-server.mjs').startRedisServer} */
export async function startRedisServer({ args = [], config, port, readyWithinMs } = {}) {
  const runtime = ensureRedis();
  const settings = { args, config, readyWithinMs };
  if (port !== undefined) return launch(runtime, port, settings);
  // Another process may take the port before the server binds it.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(runtime, await freePort(), settings);
    } catch (error) {
      if (
        attempt === PORT_ATTEMPTS ||
        !/address already in use|port is already allocated/i.test(error.message)
      )
        throw error;
    }
  }
}

const portsGiven = new Set();

/** Returns a free loopback port that this process has not received before. */
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

async function launch(runtime, port, { args, config, readyWithinMs }) {
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
    await untilReady(
      { ...server, readyWithinMs: readyWithinMs ?? server.readyWithinMs },
      port,
      passwordIn(args),
      output,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: urlOf(port, args), port, pid: server.child.pid, stop, kill: (signal) => server.kill(signal) };
}

/** Returns the arguments of a server; the name of a configuration file must come first. */
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
    // A server that is busy or was stopped with SIGSTOP does not handle SIGTERM.
    if (!(await exitOf(child, STOP_WITHIN_MS))) await kill('SIGKILL');
  };
  return { child, kill, end, readyWithinMs: READY_WITHIN_MS, isLocal: true };
}

function inDocker(image, port, args) {
  const name = `session-redis-${randomUUID()}`;
  const publish = ['--publish', `${HOST}:${port}:${port}`];
  // Inside the container the server listens on every address, which Redis guards by its protected mode; the port is
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
  return { child, kill, end, readyWithinMs: READY_WITHIN_IN_DOCKER_MS, isLocal: false };
}

function serverArgs(port, bind) {
  return ['--port', String(port), '--bind', bind, '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
}

function urlOf(port, args) {
  const password = passwordIn(args);
  const credentials = password === null ? '' : `:${encodeURIComponent(password)}@`;
  return `redis://${credentials}${HOST}:${port}`;
}

function passwordIn(args) {
  const at = args.indexOf('--requirepass');
  return at === -1 ? null : args[at + 1];
}

function collectOutput(child) {
  const output = { text: '' };
  const keep = (chunk) => {
    output.text = (output.text + chunk).slice(-4_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => keep(`${error.message}\n`));
  return output;
}

async function untilReady({ child, readyWithinMs, isLocal }, port, password, output) {
  const deadline = Date.now() + readyWithinMs;
  while (Date.now() < deadline) {
    if (hasExited(child)) throw new Error(`The Redis server on port ${port} ended at once:\n${output.text}`);
    const answer = await ask(port, password);
    // Another server may have taken the port first. If the server does not report its process id, ours ends at once.
    const isOurs = () => !isLocal || answer.pid === child.pid || (answer.pid === null && outlives(child));
    if (answer.serves && (await isOurs())) return;
    await delay(20);
  }
  throw new Error(
    `The Redis server on port ${port} was not ready after ${readyWithinMs} ms:\n${output.text}`,
  );
}

/**
 * Queries a server for its readiness and its process id. A server that is loading its data is not ready; one that
 * requires an unknown password is.
 */
function ask(port, password) {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    let reply = '';
    const settle = () => {
      socket.destroy();
      const pid = /process_id:(\d+)/.exec(reply);
      resolve({ serves: /\+PONG|-NOAUTH/.test(reply), pid: pid && Number(pid[1]) });
    };
    socket.setTimeout(PING_TIMEOUT_MS, settle);
    socket.on('error', settle);
    socket.on('close', settle);
    socket.on('connect', () => {
      if (password !== null) socket.write(command('AUTH', password));
      socket.write(command('PING') + command('INFO', 'server') + command('QUIT'));
    });
    socket.on('data', (chunk) => (reply += chunk));
  });
}

function command(...words) {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

async function outlives(child) {
  return !(await exitOf(child, ENDS_AT_ONCE_WITHIN_MS));
}

function hasExited(child) {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Waits for the end of a process. Returns false if it still runs after `withinMs`. */
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

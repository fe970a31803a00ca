// Fills a Redis with 1,000,000 sessions, runs the command line on them, and prints the slowest commands that Redis ran.
// `node scripts/cli-million.mjs [sessions]`. A test runs it with fewer sessions.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { startRedisServer } from './redis-server.mjs';
import { ROOT, setUp } from './setup.mjs';

const PARALLEL = 500;
/** The lifetime of the sessions, longer than any run. */
const DAY_MS = 24 * 60 * 60_000;
const SESSIONS_PER_USER = 4;
/** One user in so many has a thousand times as many sessions, whose index is long. */
const BUSY_USER_SHARE = 0.01;
const COMMANDS = [
  ['stats'],
  ['doctor'],
  ['scan'],
  ['revoke', '--user', 'busy', '--yes'],
  ['revoke', '--everyone', '--yes'],
];

/**
 * Runs the commands on as many sessions, and returns the figures of each.
 *
 * @param {number} sessions
 * @param {(line: string) => void} report
 */
export async function runLarge(sessions, report) {
  const server = await startRedisServer({
    args: ['--slowlog-log-slower-than', '1000', '--slowlog-max-len', '1000'],
  });
  const { connectRedis, RedisStore } = await import('nestjs-redis-session/redis');
  const { client, close } = await connectRedis(server.url);
  try {
    const startedAt = performance.now();
    await fill(
      new RedisStore(client, { prefix: 'session:', deadlineMs: 60_000, noticeTtlMs: 1_000 }),
      sessions,
    );
    report(`${sessions} sessions in ${seconds(startedAt)} s`);
    const figures = [];
    for (const args of COMMANDS) figures.push(await measure(client, server.url, args, report));
    return figures;
  } finally {
    await close();
    await server.stop();
  }
}

async function fill(store, sessions) {
  const { plainSignIn } = await import('nestjs-redis-session/testing');
  let next = 0;
  const worker = async () => {
    while (next < sessions) {
      const number = next++;
      const isBusy = number < sessions * BUSY_USER_SHARE;
      const user = isBusy ? 'busy' : `user-${Math.floor(number / SESSIONS_PER_USER)}`;
      await store.signIn({ ...plainSignIn(user), timeouts: { idleMs: DAY_MS, absoluteMs: DAY_MS } });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

async function measure(client, url, args, report) {
  await client.slowlog('RESET');
  await client.config('RESETSTAT');
  const startedAt = performance.now();
  const { code, output } = await run(args, url);
  const duration = seconds(startedAt);
  const slow = (await client.slowlog('GET', '1000'))
    .map(([, , microseconds, command]) => ({ ms: microseconds / 1000, command: command[0] }))
    .sort((one, other) => other.ms - one.ms);
  const [worst = { ms: 1, command: 'none above 1 ms' }] = slow;
  report(
    `${args.join(' ')}: exit ${code}, ${duration} s, slowest command ${worst.ms} ms (${worst.command}), ` +
      `${slow.length} above 1 ms`,
  );
  return { command: args.join(' '), code, output, slowestMs: worst.ms, calls: await callsOf(client) };
}

/** Returns the number of calls of each command since the last reset. */
async function callsOf(client) {
  const text = await client.info('commandstats');
  return Object.fromEntries(
    [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name, Number(calls)]),
  );
}

function run(args, url) {
  const program = join(ROOT, 'libs/cli/dist/main.js');
  const env = { ...process.env, NODE_OPTIONS: '', REDIS_URL: url };
  const child = spawn(process.execPath, [program, ...args, '--json', '--timeout', '60s'], { env });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

function seconds(startedAt) {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUp();
  await runLarge(Number(process.argv[2] ?? 1_000_000), (line) => console.log(line));
}

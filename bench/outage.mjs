// The responses that clients get under a steady load while Redis refuses connections, drops packets and stops, in turn.
//   node outage.mjs [--rate 50] [--seconds 5] [--deadline 250]
import '../test/support/typescript.mjs';
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startRedisServer } from '../scripts/redis-server.mjs';
import { start, SUBJECTS } from './subjects.mjs';

// Both are parts of the tests, in TypeScript, which the import above lets Node read.
const { FaultProxy } = await import('nestjs-redis-session/testing');
const { Load } = await import('../test/faults/support/load.ts');

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '5' },
    deadline: { type: 'string', default: '250' },
  },
});
const [rate, seconds, deadlineMs] = [values.rate, values.seconds, values.deadline].map(Number);
/** Time that a response may take beyond the deadline. */
const SLACK_MS = 100;
/** A process that has not responded for this long after Redis recovered counts as hanging. */
const PATIENCE_MS = 10_000;
const WARM_UP_MS = 1_000;
const AFTERWARDS_MS = 3_000;

const OUTAGES = {
  refused: { begin: ({ proxy }) => proxy.refuse(), end: ({ proxy }) => proxy.pass() },
  dropped: { begin: ({ proxy }) => proxy.freeze(), end: ({ proxy }) => proxy.pass() },
  'stopped (SIGSTOP)': {
    begin: ({ redis }) => redis.kill('SIGSTOP'),
    end: ({ redis }) => redis.kill('SIGCONT'),
  },
};
const MEASURED = SUBJECTS.filter(({ name }) => /^(express-session|nestjs)/.test(name));

console.log(
  `${rate} requests a second for ${seconds} s of an outage, deadline ${deadlineMs} ms. Node ${process.versions.node}.\n`,
);
console.log(
  '| Redis is… | Subject | Requests | Answered within the deadline + 100 ms | Slowest | Never answered | Answers | Normal again after | Memory |',
);
console.log('| --- | --- | --: | --: | --: | --: | --- | --: | --: |');
for (const [name, outage] of Object.entries(OUTAGES)) {
  for (const subject of MEASURED) console.log(row(name, subject.name, await measure(subject, outage)));
}

/** Measures one outage, with a Redis and a process used by this subject alone. */
async function measure(subject, outage) {
  const redis = await startRedisServer();
  const proxy = await FaultProxy.start(redis.port);
  const env = { ...subject.env, SESSION_DEADLINE: `${deadlineMs}ms` };
  const server = await start({ ...subject, env, stderr: 'ignore' }, `redis://127.0.0.1:${proxy.port}`);
  try {
    return await suffer(server, outage, { redis, proxy });
  } finally {
    await server.stop();
    await proxy.stop();
    await redis.kill('SIGCONT');
    await redis.stop();
  }
}

async function suffer(server, outage, redis) {
  const cookie = await beginSession(server.port);
  const load = new Load(server.port, '/api/data', cookie, rate);
  await wait(WARM_UP_MS);
  const before = memoryOf(server.pid);
  const from = performance.now();
  await outage.begin(redis);
  await wait(seconds * 1_000);
  await outage.end(redis);
  const to = performance.now();
  await wait(AFTERWARDS_MS);
  await load.stop(PATIENCE_MS);
  const during = load.tally(from, to, deadlineMs + SLACK_MS);
  return {
    during,
    normalAfterMs: load.normalAfter(to, deadlineMs + SLACK_MS),
    grewBy: memoryOf(server.pid) - before,
  };
}

/** Creates a session with one field and returns its cookie. */
async function beginSession(port) {
  const response = await fetch(`http://127.0.0.1:${port}/api/data/color`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ value: 'red' }),
  });
  return response.headers.getSetCookie()[0].split(';')[0];
}

/** Returns the resident memory of a process, in MiB. */
function memoryOf(pid) {
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout) / 1024;
}

function row(outage, subject, { during, normalAfterMs, grewBy }) {
  const statuses = Object.entries(during.statuses).map(([status, count]) => `${count} × ${status}`);
  const normal =
    normalAfterMs === null ? `not within ${AFTERWARDS_MS / 1_000} s` : `${Math.round(normalAfterMs)} ms`;
  const cells = [
    outage,
    subject,
    during.sent,
    during.inTime,
    `${Math.round(during.slowestMs)} ms`,
    during.unanswered,
    statuses.join(', ') || 'none',
    normal,
    `${grewBy >= 0 ? '+' : '−'}${Math.abs(Math.round(grewBy))} MiB`,
  ];
  return `| ${cells.join(' | ')} |`;
}

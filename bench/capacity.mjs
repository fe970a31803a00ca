// The operations that one Redis handles in a second: the CPU time of Redis for each operation of the store, and the rate
// that some processes reach. No HTTP.
//   npm run bench:capacity                       all of it, in about four minutes
//   npm run bench:capacity -- --report           also writes the figures that `nestjs-session size` takes by default
//   npm run bench:capacity -- --json FILE        also writes them to a file for `nestjs-session size --capacity FILE`
//   npm run bench:capacity -- --processes 4      a number of processes that send; --seconds 5 for each figure
import { fork } from 'node:child_process';
import { on } from 'node:events';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { capacityModule, capacityTable } from './capacity/report.mjs';
import { MeasuredRedis } from './redis.mjs';

const CLIENT = fileURLToPath(new URL('capacity/client.mjs', import.meta.url));
const DEFAULTS_OF_COMMAND = new URL('../libs/cli/src/sizing/measured-capacity.ts', import.meta.url);
/** A sign-out needs a session: it is measured together with a sign-in, which is then subtracted. */
const OPERATIONS = ['read', 'firstRead', 'trackedRead', 'touch', 'write', 'signIn', 'signInAndOut'];
/** Operations in flight of each process: of an idle application, of a busy one, of one at its limit. */
const IN_FLIGHT = [1, 8, 64];
/** The conditions of the figures that the command takes. */
const TYPICAL_IN_FLIGHT = 8;
const WARM_UP_MS = 500;

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '4' },
    json: { type: 'string' },
    report: { type: 'boolean', default: false },
  },
});
const [processes, seconds] = [Number(values.processes), Number(values.seconds)];

const redis = await MeasuredRedis.start({ replica: false });
const clients = [];
try {
  for (let index = 0; index < processes; index++) clients.push(await startClient(index));
  const rows = [];
  for (const operation of OPERATIONS) {
    for (const inFlight of IN_FLIGHT) rows.push(await measure(operation, inFlight));
  }
  const figures = withSignOut(rows);
  const version = /^redis_version:(\S+)/m.exec(await redis.client.info('server'))[1];
  console.log(capacityTable(figures, processes));
  const capacity = { measuredOn: conditions(version), cpuMicros: typical(figures) };
  if (values.json) await writeFile(values.json, `${JSON.stringify(capacity, null, 2)}\n`);
  if (values.report) await writeFile(DEFAULTS_OF_COMMAND, capacityModule(capacity));
} finally {
  for (const client of clients) client.disconnect();
  await redis.stop();
}

async function startClient(index) {
  const client = fork(CLIENT, [redis.url, String(index)]);
  await messageWith(client, 'isReady');
  return client;
}

async function measure(operation, inFlight) {
  process.stderr.write(`${operation}, ${inFlight} in flight\n`);
  const ends = clients.map((client) => messageWith(client, 'finished'));
  for (const client of clients) client.send({ operation, inFlight, ms: WARM_UP_MS + 1000 * seconds });
  await delay(WARM_UP_MS);
  const before = await usage();
  await delay(1000 * seconds - WARM_UP_MS);
  const after = await usage();
  await Promise.all(ends);
  const operations = after.operations - before.operations;
  const cpuMicros = after.cpuMicros - before.cpuMicros;
  const elapsedMicros = 1000 * (after.at - before.at);
  return {
    operation,
    inFlight,
    cpuMicros: cpuMicros / operations,
    perSecond: (1e6 * operations) / elapsedMicros,
    busyShare: cpuMicros / elapsedMicros,
  };
}

/** Returns the CPU time of Redis, and the number of operations of all processes. */
async function usage() {
  const counts = await Promise.all(
    clients.map((client) => {
      const count = messageWith(client, 'count');
      client.send('count');
      return count;
    }),
  );
  const { cpuMicros } = await redis.counters();
  return { operations: counts.reduce((sum, count) => sum + count, 0), cpuMicros, at: performance.now() };
}

/** Returns a property of the next message of a process that has it. */
async function messageWith(client, property) {
  for await (const [message] of on(client, 'message')) if (property in message) return message[property];
}

/** Replaces the pairs of a sign-in and a sign-out by sign-outs. */
function withSignOut(rows) {
  return rows.map((row) => {
    if (row.operation !== 'signInAndOut') return row;
    const signIn = rows.find(
      ({ operation, inFlight }) => operation === 'signIn' && inFlight === row.inFlight,
    );
    return { ...row, operation: 'signOut', cpuMicros: row.cpuMicros - signIn.cpuMicros };
  });
}

function typical(rows) {
  const chosen = rows.filter(({ inFlight }) => inFlight === TYPICAL_IN_FLIGHT);
  return Object.fromEntries(
    chosen.map(({ operation, cpuMicros }) => [operation, Number(cpuMicros.toFixed(1))]),
  );
}

function conditions(version) {
  const date = new Date().toISOString().slice(0, 10);
  const [{ model }] = os.cpus();
  return `Redis ${version} on ${model.trim()}, ${processes} processes with ${TYPICAL_IN_FLIGHT} operations in flight each, ${date}`;
}

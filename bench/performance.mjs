// The cost of sessions, compared with other libraries and with no sessions, measured in turn on this machine.
//   npm run bench                          all of it, in about an hour
//   npm run bench -- --quick               the request tables alone, in about five minutes
//   npm run bench -- --json FILE           writes the request tables as JSON
//   npm run bench -- --only none,strict    some of the rows
//   npm run bench -- --parts telemetry     strict and cached with the option `telemetry` beside the same without
//   npm run bench -- --rounds 3            a number of rounds; --seconds 2 for each subject
//   npm run bench -- --parts memory,growth some of the parts: requests, others, latency, startup, operations, contention,
//                                          memory, growth, crowd; with --quick small ones
//   npm run bench -- --report              also writes bench/results.json, and from it docs/reports/performance.md and its chart
//   npm run bench -- --report --from-results   the page and the chart from bench/results.json, without measuring
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { writeReport } from './report/page.mjs';
import {
  contentionTable,
  crowdTable,
  growthTable,
  latencyTable,
  memoryTable,
  operationTable,
  otherRequestTable,
  requestTable,
  startupTable,
} from './report/tables.mjs';
import { measureLatency } from './requests/latency.mjs';
import { LOADER } from './requests/load.mjs';
import { measureRequests } from './requests/measure.mjs';
import { OTHER_ROWS, READ_ROWS, TELEMETRY_ROWS } from './requests/rows.mjs';
import { measureStartup } from './startup.mjs';
import { measureContention } from './store/contention.mjs';
import { measureCrowd } from './store/crowd.mjs';
import { measureGrowth } from './store/growth.mjs';
import { measureMemory } from './store/memory.mjs';
import { measureOperations } from './store/micro.mjs';

const RESULTS = new URL('results.json', import.meta.url);
/** `maxSeconds` bounds the time of each request table: on a slow machine it has fewer rounds. */
const QUICK = { rounds: 5, seconds: 1, warmUpSeconds: 1, maxSeconds: 110 };
const THOROUGH = { rounds: 15, seconds: 3, warmUpSeconds: 4 };
/** The figures of a row of the request tables, as other programs read them. */
const JSON_FIGURES = [
  'name',
  'adapter',
  'request',
  'floor',
  'throughputRatio',
  'cpuRatio',
  'floorThroughputRatio',
  'floorCpuRatio',
  'requestsPerSecond',
  'cpuMicrosPerRequest',
  'p50Ms',
  'p99Ms',
  'redisCommandsPerRequest',
  'redisCpuMicrosPerRequest',
  'replicaBytesPerRequest',
];

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    parts: { type: 'string' },
    report: { type: 'boolean', default: false },
    'from-results': { type: 'boolean', default: false },
  },
});
const only = values.only?.split(',');
const { quick } = values;
const PARTS = {
  requests: { run: (size) => measureRequests(READ_ROWS, { ...size, only, report }), table: requestTable },
  telemetry: {
    run: (size) => measureRequests(TELEMETRY_ROWS, { ...size, only, report }),
    table: requestTable,
  },
  others: { run: (size) => measureRequests(OTHER_ROWS, { ...size, only, report }), table: otherRequestTable },
  latency: {
    run: (size) => measureLatency({ ...size, rounds: Math.min(size.rounds, 5), only, report }),
    table: latencyTable,
  },
  startup: { run: ({ rounds }) => measureStartup({ rounds, report }), table: startupTable },
  operations: { run: () => measureOperations({ rounds: quick ? 3 : 9, report }), table: operationTable },
  contention: { run: () => measureContention({ rounds: quick ? 5 : 30, report }), table: contentionTable },
  memory: { run: () => measureMemory({ sessions: quick ? 10_000 : 100_000, report }), table: memoryTable },
  growth: {
    run: ({ rounds, seconds }) =>
      measureGrowth({ rounds: Math.min(rounds, quick ? 3 : 5), seconds, quick, report }),
    table: growthTable,
  },
  crowd: { run: () => measureCrowd({ quick, report }), table: crowdTable },
};
const wanted =
  values.parts?.split(',') ??
  (quick ? ['requests', 'others'] : Object.keys(PARTS).filter((part) => part !== 'telemetry'));
const report = (message) => console.error(`  ${message}`);
const results = values['from-results'] ? JSON.parse(await readFile(RESULTS, 'utf8')) : await measure();
if (values.report) await writeReport(results, RESULTS);

async function measure() {
  const machine = describeMachine();
  console.log(`${machine.text}\n`);
  const size = {
    ...(quick ? QUICK : THOROUGH),
    ...(values.rounds && { rounds: Number(values.rounds) }),
    ...(values.seconds && { seconds: Number(values.seconds) }),
  };
  const measured = {};
  for (const [part, { run, table }] of Object.entries(PARTS)) {
    if (!wanted.includes(part)) continue;
    measured[part] = await run(size);
    console.log(`${table(measured[part])}\n`);
  }
  const rows = [...(measured.requests ?? []), ...(measured.others ?? [])];
  if (values.json && rows.length > 0)
    await writeFile(values.json, JSON.stringify(rows.map(jsonRow), null, 2));
  // The page says when and where its requests were measured.
  return measured.requests ? { machine, size, ...measured } : measured;
}

function jsonRow(row) {
  return Object.fromEntries(JSON_FIGURES.map((name) => [name, row[name]]));
}

function describeMachine() {
  const date = new Date().toISOString().slice(0, 10);
  const cpus = os.cpus();
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  const system = `${os.type()} ${os.release()} ${os.arch()}`;
  const load = os.loadavg()[0];
  const text =
    `${date}, ${cpus.length} × ${cpus[0]?.model.trim()}, ${memory}, ${system}, Node ${process.versions.node}, ` +
    `load by ${LOADER}, load average ${load.toFixed(1)} when it began`;
  return { date, text, cpuCount: cpus.length, loadAverage: load };
}

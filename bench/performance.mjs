// The cost of sessions, compared with other libraries and with no sessions, measured in turn on this machine.
//   npm run bench                          all of it, in about half an hour
//   npm run bench -- --quick               the request table alone, within five minutes
//   npm run bench -- --json FILE           writes the request table as JSON
//   npm run bench -- --only none,strict    some of the rows
//   npm run bench -- --parts memory,growth some of the parts: requests, operations, contention, memory, growth, crowd
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
  memoryTable,
  operationTable,
  requestTable,
} from './report/tables.mjs';
import { LOADER } from './requests/load.mjs';
import { measureRequests } from './requests/measure.mjs';
import { measureContention } from './store/contention.mjs';
import { measureCrowd } from './store/crowd.mjs';
import { measureGrowth } from './store/growth.mjs';
import { measureMemory } from './store/memory.mjs';
import { measureOperations } from './store/micro.mjs';

const RESULTS = new URL('results.json', import.meta.url);
const QUICK = { rounds: 5, seconds: 2, warmUpSeconds: 2 };
const THOROUGH = { rounds: 15, seconds: 3, warmUpSeconds: 4 };
/** The figures of a row of the request table, as other programs read them. */
const JSON_FIGURES = [
  'name',
  'adapter',
  'throughputRatio',
  'cpuRatio',
  'p50Ms',
  'p99Ms',
  'redisCommandsPerRequest',
  'replicaBytesPerRequest',
];

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string' },
    parts: { type: 'string' },
    report: { type: 'boolean', default: false },
    'from-results': { type: 'boolean', default: false },
  },
});
const PARTS = {
  requests: {
    run: (size) => measureRequests({ ...size, only: values.only?.split(','), report }),
    table: requestTable,
  },
  operations: { run: () => measureOperations({ rounds: 9, report }), table: operationTable },
  contention: { run: () => measureContention({ rounds: 30, report }), table: contentionTable },
  memory: { run: () => measureMemory({ report }), table: memoryTable },
  growth: { run: () => measureGrowth({ rounds: 5, seconds: 3, report }), table: growthTable },
  crowd: { run: () => measureCrowd({ report }), table: crowdTable },
};
const wanted = values.parts?.split(',') ?? (values.quick ? ['requests'] : Object.keys(PARTS));
const report = (message) => console.error(`  ${message}`);
const results = values['from-results'] ? JSON.parse(await readFile(RESULTS, 'utf8')) : await measure();
if (values.report) await writeReport(results, RESULTS);

async function measure() {
  const machine = describeMachine();
  console.log(`${machine.text}\n`);
  const size = {
    ...(values.quick ? QUICK : THOROUGH),
    ...(values.rounds && { rounds: Number(values.rounds) }),
  };
  const measured = {};
  for (const [part, { run, table }] of Object.entries(PARTS)) {
    if (!wanted.includes(part)) continue;
    measured[part] = await run(size);
    console.log(`${table(measured[part])}\n`);
  }
  const { requests } = measured;
  if (values.json && requests) await writeFile(values.json, JSON.stringify(requests.map(jsonRow), null, 2));
  // The page says when and where its requests were measured.
  return requests ? { machine, size, ...measured } : measured;
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

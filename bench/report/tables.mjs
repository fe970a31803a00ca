// The results as tables, for the terminal and for the page.

const fixed = (digits) => (value) => value.toFixed(digits);
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const percent = (value) => `${(100 * value).toFixed(1)} %`;
/** Formats a ratio; a row without a base has none. */
const ratio = (value) => value?.toFixed(2) ?? '–';

/** The columns of each request table that follow those of its ratios. */
const REQUEST_FIGURES = [
  ['Requests/s', ({ requestsPerSecond }) => whole.format(requestsPerSecond)],
  ['CPU µs/request', ({ cpuMicrosPerRequest }) => whole.format(cpuMicrosPerRequest)],
  ['p50 ms', ({ p50Ms }) => fixed(1)(p50Ms)],
  ['p99 ms', ({ p99Ms }) => fixed(1)(p99Ms)],
  ['Redis commands', ({ redisCommandsPerRequest }) => fixed(2)(redisCommandsPerRequest)],
  ['Redis CPU µs', ({ redisCpuMicrosPerRequest }) => fixed(1)(redisCpuMicrosPerRequest)],
  ['Replica bytes', ({ replicaBytesPerRequest }) => fixed(1)(replicaBytesPerRequest)],
];

/** Formats the costs of a signed-in read request, relative to none and to a floor. */
export function requestTable(rows) {
  return table(rows, [
    ['Adapter', ({ adapter }) => adapter],
    ['Sessions', ({ name }) => name],
    ['Throughput', ({ throughputRatio }) => ratio(throughputRatio)],
    ['CPU', ({ cpuRatio }) => ratio(cpuRatio)],
    ['Floor', ({ floor }) => floor?.replace('floor-', '') ?? ''],
    ['Throughput of it', ({ floorThroughputRatio }) => ratio(floorThroughputRatio)],
    ['CPU of it', ({ floorCpuRatio }) => ratio(floorCpuRatio)],
    ...REQUEST_FIGURES,
  ]);
}

/** Formats the costs of the other kinds of requests, each relative to its own floor. */
export function otherRequestTable(rows) {
  return table(rows, [
    ['Adapter', ({ adapter }) => adapter],
    ['Request', ({ request }) => request],
    ['Sessions', ({ name }) => name],
    ['Throughput', ({ floor, floorThroughputRatio }) => (floor ? ratio(floorThroughputRatio) : 'floor')],
    ['CPU', ({ floor, floorCpuRatio }) => (floor ? ratio(floorCpuRatio) : '')],
    ...REQUEST_FIGURES,
  ]);
}

export function latencyTable(rows) {
  return table(rows, [
    ['Adapter', ({ adapter }) => adapter],
    ['Sessions', ({ name }) => name],
    ['Arrivals/s', ({ arrivalsPerSecond }) => whole.format(arrivalsPerSecond)],
    ['p50 ms', ({ p50Ms }) => fixed(2)(p50Ms)],
    ['p99 ms', ({ p99Ms }) => fixed(2)(p99Ms)],
  ]);
}

export function startupTable(rows) {
  return table(rows, [
    ['Adapter', ({ adapter }) => adapter],
    ['Sessions', ({ name }) => name],
    ['Start ms', ({ startMs }) => whole.format(startMs)],
    ['More ms', ({ moreMs }) => whole.format(moreMs)],
    ['CPU ms', ({ cpuMs }) => whole.format(cpuMs)],
    ['More CPU ms', ({ moreCpuMs }) => whole.format(moreCpuMs)],
    ['Resident MB', ({ residentMegabytes }) => fixed(1)(residentMegabytes)],
    ['More MB', ({ moreMegabytes }) => fixed(1)(moreMegabytes)],
  ]);
}

/** Formats the path of one request without sockets, beside the floor. */
export function hotTable(rows) {
  return table(rows, [
    ['Request', ({ path }) => path],
    ['µs', ({ own }) => fixed(2)(own.micros)],
    ['Floor µs', ({ floor }) => fixed(2)(floor.micros)],
    ['Heap bytes', ({ own }) => whole.format(own.bytes)],
    ['Floor bytes', ({ floor }) => whole.format(floor.bytes)],
  ]);
}

export function operationTable(rows) {
  return table(rows, [
    ['Operation', ({ name }) => name],
    ['Store µs', ({ ownMicros }) => fixed(1)(ownMicros)],
    ['Bare ioredis µs', ({ bareMicros }) => fixed(1)(bareMicros)],
    ['Ratio', ({ ratio }) => fixed(2)(ratio)],
  ]);
}

export function contentionTable(rows) {
  return table(rows, [
    ['Adapter', ({ adapter }) => adapter],
    ['Sessions', ({ name }) => name],
    ['64 writers of', ({ write }) => write],
    ['p50 ms until all are answered', ({ p50Ms }) => whole.format(p50Ms)],
    ['p99 ms', ({ p99Ms }) => whole.format(p99Ms)],
    ['Kept', ({ keptShare }) => percent(keptShare)],
  ]);
}

export function memoryTable(rows) {
  return table(rows, [
    ['Sessions', ({ name }) => name],
    ['Resident MB per 100,000', ({ residentMegabytes }) => whole.format(residentMegabytes)],
    ['Used bytes per session', ({ bytesPerSession }) => whole.format(bytesPerSession)],
  ]);
}

export function growthTable(rows) {
  return table(rows, [
    ['Number of', ({ of }) => of],
    ['Size', ({ size }) => whole.format(size)],
    ['p50 ms', ({ p50Ms }) => fixed(2)(p50Ms)],
    ['CPU µs/request', ({ cpuMicrosPerRequest }) => whole.format(cpuMicrosPerRequest)],
    ['Redis µs in HGETALL', ({ hgetallMicros }) => fixed(2)(hgetallMicros)],
  ]);
}

export function crowdTable(rows) {
  const millis = (name) => (row) => {
    const { median, longest } = row[name];
    return `${fixed(2)(median / 1_000)}, ${fixed(2)(longest / 1_000)}`;
  };
  return table(rows, [
    ['Sessions of the user', ({ sessions }) => whole.format(sessions)],
    ['sign-in, no limit', millis('unlimited')],
    ['evict-oldest', millis('evictOldest')],
    ['evict-idlest', millis('evictIdlest')],
    ['reject', millis('reject')],
    ['list', millis('list')],
    ['revokeAll', millis('revokeAll')],
  ]);
}

/** The targets of the request tables: a row, the figure, how it is compared, and the value to reach. */
const TARGETS = [
  [
    'read',
    'strict',
    'floorThroughputRatio',
    'throughput of `floor-hgetall`',
    { express: 0.97, fastify: 0.95 },
  ],
  ['read', 'cached', 'floorThroughputRatio', 'throughput of `floor-map`', { express: 0.95, fastify: 0.9 }],
  ['anonymous', 'strict', 'floorThroughputRatio', 'throughput of `none`', { express: 0.97, fastify: 0.95 }],
  ['unused', 'lazy', 'floorThroughputRatio', 'throughput of `none`', { express: 0.95, fastify: 0.95 }],
  ['write', 'strict', 'floorCpuRatio', 'CPU time of `floor-write`', { express: 1.15, fastify: 1.15 }],
  ['login', 'strict', 'floorCpuRatio', 'CPU time of `floor-login`', { express: 1.2, fastify: 1.2 }],
];

/** Compares the results with the targets. */
export function targetTable({ requests, others = [] }) {
  const measured = (request, name, adapter, figure) => {
    const isIt = (row) => row.name === name && row.adapter === adapter && (row.request ?? 'read') === request;
    return ratio([...requests, ...others].find(isIt)?.[figure]);
  };
  const cells = (adapter) => [
    [
      `${adapter === 'express' ? 'Express' : 'Fastify'}, target`,
      ([, , figure, , targets]) => `${figure === 'floorCpuRatio' ? '≤' : '≥'} ${fixed(2)(targets[adapter])}`,
    ],
    ['measured', ([request, name, figure]) => measured(request, name, adapter, figure)],
  ];
  return table(TARGETS, [
    ['Request', ([request]) => request],
    ['Sessions', ([, name]) => name],
    ['Share', ([, , , share]) => share],
    ...cells('express'),
    ...cells('fastify'),
  ]);
}

/** Returns a table in Markdown, which is readable on a terminal too. */
function table(rows, columns) {
  const cells = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, text]) => text(row)))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  const lines = cells.map(
    (line) => `| ${line.map((text, column) => text.padEnd(widths[column])).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

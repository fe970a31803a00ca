// The results as tables, for the terminal and for the page.

const fixed = (digits) => (value) => value.toFixed(digits);
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const percent = (value) => `${(100 * value).toFixed(1)} %`;

/** Formats the costs of one request. */
export function requestTable(rows) {
  return table(rows, [
    ['Adapter', ({ adapter }) => adapter],
    ['Sessions', ({ name }) => name],
    ['Throughput', ({ throughputRatio }) => fixed(2)(throughputRatio)],
    ['CPU', ({ cpuRatio }) => fixed(2)(cpuRatio)],
    ['Requests/s', ({ requestsPerSecond }) => whole.format(requestsPerSecond)],
    ['CPU µs/request', ({ cpuMicrosPerRequest }) => whole.format(cpuMicrosPerRequest)],
    ['p50 ms', ({ p50Ms }) => fixed(1)(p50Ms)],
    ['p99 ms', ({ p99Ms }) => fixed(1)(p99Ms)],
    ['Redis commands', ({ redisCommandsPerRequest }) => fixed(2)(redisCommandsPerRequest)],
    ['Redis CPU µs', ({ redisCpuMicrosPerRequest }) => fixed(1)(redisCpuMicrosPerRequest)],
    ['Replica bytes', ({ replicaBytesPerRequest }) => fixed(1)(replicaBytesPerRequest)],
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
    ['Live sessions', ({ sessions }) => whole.format(sessions)],
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

/** Compares the results with the targets. */
export function targetTable({ requests }) {
  const find = (name, adapter) => requests.find((row) => row.name === name && row.adapter === adapter);
  const cell = (name, adapter, figure, digits) => {
    const row = find(name, adapter);
    return row ? row[figure].toFixed(digits) : 'not measured';
  };
  const lines = [
    ['Throughput on Express', 'express', 'express-session', 'throughputRatio', 2, '≥ 0.88', '≥ 0.96'],
    ['Throughput on Fastify', 'fastify', 'fastify-session', 'throughputRatio', 2, '≥ 0.62', '≥ 0.90'],
    ['Redis commands, Express', 'express', 'express-session', 'redisCommandsPerRequest', 3, '1.00', '< 0.01'],
    ['Redis commands, Fastify', 'fastify', 'fastify-session', 'redisCommandsPerRequest', 3, '1.00', '< 0.01'],
    ['Replica bytes, Express', 'express', 'express-session', 'replicaBytesPerRequest', 1, '< 1', '< 1'],
    ['Replica bytes, Fastify', 'fastify', 'fastify-session', 'replicaBytesPerRequest', 1, '< 1', '< 1'],
  ];
  return table(lines, [
    ['A read request', ([what]) => what],
    ['Peer', ([, adapter, peer, figure, digits]) => cell(peer, adapter, figure, digits)],
    ['Target, strict', ([, , , , , target]) => target],
    ['Strict', ([, adapter, , figure, digits]) => cell('strict', adapter, figure, digits)],
    ['Target, cached', ([, , , , , , target]) => target],
    ['Cached', ([, adapter, , figure, digits]) => cell('cached', adapter, figure, digits)],
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

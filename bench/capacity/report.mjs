// The figures of one Redis, as a table and as a module of the command line.
const HEAD = [
  '| Operation | In flight per process | CPU of Redis | Rate of all processes | Redis busy | Rate of a Redis that is busy for 70 % |',
  '| --- | ---: | ---: | ---: | ---: | ---: |',
];
const BUSY_AT_MOST = 0.7;

export function capacityTable(rows, processes) {
  const lines = rows.map(({ operation, inFlight, cpuMicros, perSecond, busyShare }) => {
    const sustained = (BUSY_AT_MOST * 1e6) / cpuMicros;
    const cells = [
      operation,
      inFlight,
      `${cpuMicros.toFixed(1)} µs`,
      `${rounded(perSecond)}/s`,
      `${(100 * busyShare).toFixed(0)} %`,
      `${rounded(sustained)}/s`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [`${processes} processes`, '', ...HEAD, ...lines].join('\n');
}

/** Returns the source of the module with the figures that the command takes by default. */
export function capacityModule({ measuredOn, cpuMicros }) {
  const figures = Object.entries(cpuMicros).map(([operation, micros]) => `    ${operation}: ${micros},`);
  return [
    "import type { Capacity } from './capacity.js';",
    '',
    '/** The figures of one Redis, which `npm run bench:capacity -- --report` writes. */',
    'export const MEASURED_CAPACITY: Capacity = {',
    `  measuredOn: '${measuredOn}',`,
    '  cpuMicros: {',
    ...figures,
    '  },',
    '};',
    '',
  ].join('\n');
}

function rounded(number) {
  return (Math.round(number / 100) * 100).toLocaleString('en-US');
}

// The rows of the request tables. `floor` names the row by hand that does the same with the same kind of storage.

const ADAPTERS = ['express', 'fastify'];

/** Libraries whose signed-in read request is measured, each soon after its floor. The first row is the base of all ratios. */
const READ = [
  { name: 'none' },
  { name: 'floor-hgetall' },
  { name: 'strict', floor: 'floor-hgetall' },
  { name: 'floor-map' },
  { name: 'cached', floor: 'floor-map' },
  { name: 'floor-get' },
  { name: 'express-session', floor: 'floor-get', adapters: ['express'] },
  { name: 'nestjs-session', floor: 'floor-get', adapters: ['express'] },
  { name: 'fastify-session', floor: 'floor-get', adapters: ['fastify'] },
  { name: 'better-auth', floor: 'floor-get' },
  { name: 'better-auth-cache', floor: 'floor-map' },
  { name: 'jwt-hs256', floor: 'floor-map' },
  { name: 'jwt-es256', floor: 'floor-map' },
  { name: 'jwt-jose', floor: 'floor-map' },
  { name: 'iron-session', floor: 'floor-map' },
];

/** Rows with telemetry, each soon after the same row without. Measured by name only, and in no report. */
const TELEMETRY = [
  { name: 'strict' },
  { name: 'strict-telemetry', floor: 'strict' },
  { name: 'cached' },
  { name: 'cached-telemetry', floor: 'cached' },
];

/** Other kinds of requests, each kind with its floor first. */
const OTHERS = [
  { request: 'anonymous', name: 'none' },
  { request: 'anonymous', name: 'strict', floor: 'none' },
  { request: 'unused', name: 'none' },
  { request: 'unused', name: 'lazy', floor: 'none' },
  { request: 'unused', name: 'strict', floor: 'none' },
  { request: 'unused', name: 'cached', floor: 'none' },
  { request: 'write', name: 'floor-write' },
  { request: 'write', name: 'strict', floor: 'floor-write' },
  { request: 'login', name: 'floor-login' },
  { request: 'login', name: 'strict', floor: 'floor-login' },
];

/** Subjects whose latencies at a constant rate of arrivals are measured. */
const LATENCY = ['none', 'floor-hgetall', 'strict', 'cached', 'express-session', 'fastify-session'];

export const READ_ROWS = onEachAdapter(READ);
export const OTHER_ROWS = onEachAdapter(OTHERS);
export const TELEMETRY_ROWS = onEachAdapter(TELEMETRY);
export const LATENCY_ROWS = READ_ROWS.filter(({ name }) => LATENCY.includes(name));

/** Returns the rows of each adapter; what is not said otherwise is a read request. */
function onEachAdapter(rows) {
  return ADAPTERS.flatMap((adapter) =>
    rows
      .filter(({ adapters }) => !adapters || adapters.includes(adapter))
      .map(({ name, floor, request = 'read' }) => ({ name, adapter, request, floor })),
  );
}

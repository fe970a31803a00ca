import { bytes, count, percent, plural } from '../terminal/text.js';
import type { Style } from '../terminal/style.js';
import { MEASURED_OPERATIONS, sustainedRate } from './capacity.js';
import { mastersOf } from './connections.js';
import type { Fit } from './nodes.js';
import { BUSY_AT_MOST, type Plan, type Workload } from './plan.js';

type Row = readonly [name: string, value: string];

/** The result that is printed, beside the workload. */
interface Result {
  readonly plan: Plan;
  readonly sizes: readonly Fit[] | null;
  readonly rejected: readonly string[];
}

/** Returns a plan as text for a terminal. */
export function renderPlan(workload: Workload, { plan, sizes, rejected }: Result, style: Style): string {
  const parts = [
    section('Memory of each master', memoryRows(workload, plan), style),
    section('Traffic of all masters, a second', trafficRows(workload, plan), style),
    section('CPU', cpuRows(workload, plan), style),
    section('Connections', connectionRows(workload, plan), style),
  ];
  if (sizes) parts.push(sizesTable(sizes, plan, style));
  if (rejected.length > 0)
    parts.push(
      style.warning(`Redis rejected ${rejected.join(', ')}: the defaults of Redis are taken instead.`),
    );
  return parts.join('\n\n');
}

function section(title: string, rows: readonly Row[], style: Style): string {
  return `${style.title(title)}\n${style.list(rows.map(([name, value]) => [`  ${name}`, value]))}`;
}

function memoryRows({ sessions, users, topology, fragmentation, calibration }: Workload, plan: Plan): Row[] {
  const { memory, masters } = plan;
  const each = (number: number, size: number) =>
    `${count(Math.round(number / masters))} of ${count(Math.round(size))} bytes`;
  const rows: Row[] = [
    ['Sessions', `${bytes(memory.sessions)}, ${each(sessions, plan.sessionBytes)}`],
    ...(users > 0
      ? [
          [
            'Indexes of users',
            `${bytes(memory.indexes)}, ${count(Math.round(users / masters))} of up to ${count(Math.round(plan.indexBytes))} bytes`,
          ] as const,
        ]
      : []),
    ['Tables of keys', bytes(memory.keyTables)],
    ['End notices', bytes(Math.round(memory.notices))],
    ...(memory.trackingTable > 0
      ? [['Tracking table', `at most ${bytes(memory.trackingTable)}`] as const]
      : []),
    ['Connections', bytes(memory.connections)],
    ...(topology.replicasPerMaster > 0 ? [['Replication backlog', bytes(memory.replication)] as const] : []),
    ['Server and scripts', bytes(memory.server)],
    ['used_memory', bytes(memory.used)],
    ['while tables double', bytes(memory.usedWhileTablesDouble)],
    ['maxmemory', `${bytes(plan.maxmemoryBytes)}, so that the sessions use at most 80 %`],
    [
      'Server memory',
      `${bytes(plan.serverBytes)}, with a fragmentation of ${fragmentation.toFixed(2)} and ${bytes(plan.copyOnWriteBytes)} for snapshots`,
    ],
  ];
  if (calibration !== 1)
    rows.push([
      'Measured sessions',
      `${percent(calibration - 1)} beside the calculation, which is corrected by that`,
    ]);
  return rows;
}

function trafficRows(
  { topology, persistence, cache }: Workload,
  { rates, traffic, sentByMaster, appended }: Plan,
): Row[] {
  const reads = cache ? rates.trackedRead : rates.read + rates.firstRead;
  const rows: Row[] = [
    [cache ? 'Reads that the cache misses' : 'Reads', rate(reads)],
    ['Touches', rate(rates.touch)],
    ['Writes', rate(rates.write)],
    ['Sign-ins', rate(rates.signIn)],
    ['Sign-outs', rate(rates.signOut)],
    ['Expiries', rate(rates.expiry)],
    ['Commands', rate(traffic.commands)],
    ['Received', perSecond(traffic.received)],
    ['Sent to the application', perSecond(traffic.sent)],
  ];
  if (topology.replicasPerMaster > 0)
    rows.push(['Sent to replicas', perSecond(topology.replicasPerMaster * traffic.replicated)]);
  rows.push(['Sent by each master', perSecond(sentByMaster)]);
  if (persistence === 'aof')
    rows.push([
      'Appended by each master',
      `${perSecond(appended)}, ${bytes(appended * SECONDS_PER_DAY)} a day before rewrites`,
    ]);
  return rows;
}

const SECONDS_PER_DAY = 86_400;

function cpuRows({ capacity, topology, cache }: Workload, { busyShare, needed }: Plan): Row[] {
  const sustained = MEASURED_OPERATIONS.filter((operation) =>
    ['read', 'touch', 'signIn'].includes(operation),
  );
  const names: Readonly<Record<string, string>> = { read: 'reads', touch: 'touches', signIn: 'sign-ins' };
  const rates = sustained.map(
    (operation) =>
      `${count(roundedRate(sustainedRate(operation, capacity, BUSY_AT_MOST)))} ${names[operation]}`,
  );
  const atMost = percent(BUSY_AT_MOST);
  const masters = plural(mastersOf(topology), 'master');
  return [
    ['Each master is busy', percent(busyShare)],
    [`One master, at ${atMost}`, `${rates.join(', or ')} a second`],
    [`Masters for ${atMost}`, `${count(needed.masters)}${cache ? ' with this hit rate' : ''}`],
    [`Hit rate for ${atMost}`, `${hitRateText(needed.hitRate)}, with ${masters}`],
    ['Measured on', capacity.measuredOn],
  ];
}

function hitRateText(hitRate: number | null): string {
  if (hitRate === null) return 'none is high enough';
  return hitRate === 0 ? 'no cache is needed' : percent(hitRate);
}

function connectionRows({ processes, topology }: Workload, { connections }: Plan): Row[] {
  const { total, perMaster, perReplica, perSentinel } = connections;
  const rows: Row[] = [
    ['Of each process', count(total)],
    ['At each master', `${count(processes * perMaster)}, ${perMaster} of each process`],
  ];
  if (perReplica > 0 && topology.replicasPerMaster > 0)
    rows.push(['At each replica', count(processes * perReplica)]);
  if (perSentinel > 0) rows.push(['At each Sentinel', count(processes * perSentinel)]);
  return rows;
}

function sizesTable(sizes: readonly Fit[], { servers }: Plan, style: Style): string {
  const isPriced = sizes.some(({ pricePerMonth }) => pricePerMonth !== null);
  const head = [
    'SIZE',
    'FITS',
    'MEMORY',
    'NETWORK',
    ...(isPriced ? [`${plural(servers, 'SERVER').toUpperCase()} A MONTH`] : []),
  ];
  const rows = sizes.map(({ size, fits, memoryShare, networkShare, pricePerMonth }) => [
    size.name,
    { styled: fits ? style.good('yes') : style.bad('no') },
    percent(memoryShare),
    networkShare === null ? 'unknown' : percent(networkShare),
    ...(isPriced ? [pricePerMonth === null ? 'unknown' : count(Math.round(pricePerMonth))] : []),
  ]);
  return style.table(head, rows);
}

function rate(value: number): string {
  return count(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
}

function perSecond(bytesPerSecond: number): string {
  return bytes(Math.round(bytesPerSecond));
}

/** Rounds a rate to two digits, because a measurement on another machine differs by more. */
function roundedRate(value: number): number {
  const step = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Math.round(value / step) * step;
}

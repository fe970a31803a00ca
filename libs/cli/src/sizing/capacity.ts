import { type Failure, usageFailure } from '../failure.js';
import { OPERATIONS, type Operation } from './traffic.js';

/** The time for which each operation keeps the thread of Redis busy, in microseconds of its CPU. */
export type CpuMicros = Readonly<Record<MeasuredOperation, number>>;

/** The operations that are measured. Others take about the time of one of them. */
export const MEASURED_OPERATIONS = [
  ...(['read', 'firstRead', 'trackedRead', 'touch', 'write', 'signIn', 'signOut'] as const),
] as const;

export type MeasuredOperation = (typeof MEASURED_OPERATIONS)[number];

const SIMILAR = { invalidation: 'read', heartbeat: 'touch', expiry: 'signOut' } as const;

/** Measured figures of one Redis, as `npm run bench:capacity -- --json FILE` writes them. */
export interface Capacity {
  /** The conditions of the measurement: server, machine and date. */
  readonly measuredOn: string;
  readonly cpuMicros: CpuMicros;
}

/** Operations a second. */
export type Rates = Readonly<Record<Operation, number>>;

const MICROS_PER_SECOND = 1e6;

/** Returns the share of a second that the thread of one Redis is busy with these operations. Above 1 it cannot keep up. */
export function busyShare(rates: Rates, { cpuMicros }: Capacity): number {
  const micros = OPERATIONS.map((operation) => rates[operation] * microsOf(operation, cpuMicros));
  return micros.reduce((total, one) => total + one, 0) / MICROS_PER_SECOND;
}

function microsOf(operation: Operation, cpuMicros: CpuMicros): number {
  return cpuMicros[
    operation in SIMILAR ? SIMILAR[operation as keyof typeof SIMILAR] : (operation as MeasuredOperation)
  ];
}

/** Returns the number of operations of one kind that a Redis handles in a second, if it is busy for a share of it. */
export function sustainedRate(
  operation: MeasuredOperation,
  { cpuMicros }: Capacity,
  busyAtMost: number,
): number {
  return (busyAtMost * MICROS_PER_SECOND) / cpuMicros[operation];
}

/** Returns the number of masters of a Cluster that these operations need, if each is busy for at most a share of its time. */
export function mastersFor(rates: Rates, capacity: Capacity, busyAtMost: number): number {
  return Math.max(1, Math.ceil(busyShare(rates, capacity) / busyAtMost));
}

/**
 * Returns the smallest hit rate of the cache with which a number of masters serves the reads of a second. 0 if they serve
 * them without the cache, `null` if the other operations alone are too many.
 *
 * @param reads the reads of a second, and the time of Redis for each, without the cache and as a miss
 * @param others the rates without reads
 */
export function hitRateFor(
  reads: { readonly perSecond: number; readonly uncachedMicros: number; readonly missMicros: number },
  others: Rates,
  capacity: Capacity,
  { masters, busyAtMost }: { readonly masters: number; readonly busyAtMost: number },
): number | null {
  const leftMicros = (masters * busyAtMost - busyShare(others, capacity)) * MICROS_PER_SECOND;
  if (leftMicros <= 0) return null;
  if (reads.perSecond * reads.uncachedMicros <= leftMicros) return 0;
  return Math.max(0, 1 - leftMicros / (reads.perSecond * reads.missMicros));
}

const FILE_FORM = 'what "npm run bench:capacity -- --json FILE" writes';

/** Returns the figures in the text of a file. @throws Failure if the text has other content */
export function parseCapacity(text: string): Capacity {
  const { measuredOn, cpuMicros } = objectIn(text);
  const figures = Object(cpuMicros) as Record<string, unknown>;
  if (typeof measuredOn !== 'string') throw unsuitable('measuredOn', measuredOn);
  for (const operation of MEASURED_OPERATIONS) {
    const micros = figures[operation];
    if (!(typeof micros === 'number' && micros > 0)) throw unsuitable(`cpuMicros.${operation}`, micros);
  }
  return { measuredOn, cpuMicros: figures as unknown as CpuMicros };
}

function objectIn(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch (error) {
    throw usageFailure(`--capacity: expected ${FILE_FORM}, received no JSON: ${(error as Error).message}.`);
  }
}

function unsuitable(property: string, received: unknown): Failure {
  const shown = received === undefined ? 'nothing' : JSON.stringify(received);
  return usageFailure(`--capacity: expected ${FILE_FORM}, received ${shown} as "${property}".`);
}

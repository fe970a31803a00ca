import { type Failure, usageFailure } from '../failure.js';

/** A size of server that can be rented, from a file of the operator. */
export interface NodeSize {
  readonly name: string;
  /** The memory that Redis may use. Of a managed service: after its own reserve. */
  readonly memoryBytes: number;
  /** Sustained network bandwidth in bits a second; absent if unknown. */
  readonly networkBitsPerSecond?: number;
  /** Price of one server for an hour, in any currency; absent if unknown. */
  readonly pricePerHour?: number;
}

/** The demands on each server, and the number of servers. */
export interface Demand {
  readonly memoryBytes: number;
  readonly networkBytesPerSecond: number;
  /** The masters and their replicas. */
  readonly servers: number;
}

/** A size, with the reasons against it. */
export interface Fit {
  readonly size: NodeSize;
  readonly fits: boolean;
  /** The share of the size that is in use. */
  readonly memoryShare: number;
  /** `null` if the bandwidth of the size is unknown. */
  readonly networkShare: number | null;
  /** For all servers, in a month of 730 hours; `null` if the price is unknown. */
  readonly pricePerMonth: number | null;
}

const HOURS_PER_MONTH = 730;
const BITS_PER_BYTE = 8;

/** Returns how each size fits the demand, the cheapest that fit first. */
export function fitSizes(sizes: readonly NodeSize[], demand: Demand): Fit[] {
  return sizes.map((size) => fitOf(size, demand)).sort(byPreference);
}

function fitOf(size: NodeSize, { memoryBytes, networkBytesPerSecond, servers }: Demand): Fit {
  const memoryShare = memoryBytes / size.memoryBytes;
  const { networkBitsPerSecond, pricePerHour } = size;
  const networkShare =
    networkBitsPerSecond === undefined
      ? null
      : (BITS_PER_BYTE * networkBytesPerSecond) / networkBitsPerSecond;
  return {
    size,
    fits: memoryShare <= 1 && (networkShare ?? 0) <= 1,
    memoryShare,
    networkShare,
    pricePerMonth: pricePerHour === undefined ? null : servers * pricePerHour * HOURS_PER_MONTH,
  };
}

/** Orders by fit, then by price, then by memory. */
function byPreference(one: Fit, other: Fit): number {
  if (one.fits !== other.fits) return one.fits ? -1 : 1;
  if (one.pricePerMonth !== null && other.pricePerMonth !== null && one.pricePerMonth !== other.pricePerMonth)
    return one.pricePerMonth - other.pricePerMonth;
  return one.size.memoryBytes - other.size.memoryBytes;
}

const FILE_FORM =
  'a list of objects in JSON, each with a "name" and "memoryGiB", and optionally "networkGbit" and "pricePerHour"';
const GIBIBYTE = 2 ** 30;
const GIGABIT = 1e9;

/** Returns the sizes in the text of a file. @throws Failure if the text is no such list */
export function parseNodeSizes(text: string): NodeSize[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw usageFailure(`--nodes: expected ${FILE_FORM}, received no JSON: ${(error as Error).message}.`);
  }
  if (!Array.isArray(list) || list.length === 0)
    throw usageFailure(
      `--nodes: expected ${FILE_FORM}, received ${Array.isArray(list) ? 'an empty list' : typeof list}.`,
    );
  return list.map((entry: unknown, index) => parseNodeSize(entry, index + 1));
}

function parseNodeSize(entry: unknown, position: number): NodeSize {
  const { name, memoryGiB, networkGbit, pricePerHour } = Object(entry) as Record<string, unknown>;
  if (typeof name !== 'string' || name === '') throw unsuitable(position, 'name', 'a text', name);
  if (!isPositive(memoryGiB)) throw unsuitable(position, 'memoryGiB', 'a number above 0', memoryGiB);
  if (networkGbit !== undefined && !isPositive(networkGbit))
    throw unsuitable(position, 'networkGbit', 'a number above 0', networkGbit);
  if (pricePerHour !== undefined && !isPositive(pricePerHour) && pricePerHour !== 0)
    throw unsuitable(position, 'pricePerHour', 'a number of at least 0', pricePerHour);
  return {
    name,
    memoryBytes: memoryGiB * GIBIBYTE,
    ...(networkGbit !== undefined && { networkBitsPerSecond: networkGbit * GIGABIT }),
    ...(pricePerHour !== undefined && { pricePerHour }),
  };
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function unsuitable(position: number, property: string, expected: string, received: unknown): Failure {
  const shown = received === undefined ? 'nothing' : JSON.stringify(received);
  return usageFailure(
    `--nodes, entry ${position}: expected "${property}" to be ${expected}, received ${shown}. Each entry needs "name" and "memoryGiB".`,
  );
}

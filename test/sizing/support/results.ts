import { readFile, writeFile } from 'node:fs/promises';
import { memoryOf } from '../../../libs/cli/src/sizing/memory.js';
import { DEFAULT_LAYOUT } from '../../../libs/cli/src/sizing/redis-structures.js';
import { NOTHING_ELSE } from './measurement.js';
import { lengthsOf, SHAPES } from './shapes.js';

/** The memory of a number of sessions, as `npm run bench:sizing` has measured it. */
export interface Row {
  readonly shape: string;
  readonly sessions: number;
  /** Growth of `used_memory`. */
  readonly measuredBytes: number;
  readonly quantumBytes: 8 | 16;
  /** Resident memory for each byte in use. */
  readonly residentShare: number;
  /** Time of BGSAVE. */
  readonly snapshotSeconds: number;
  readonly measuredOn: string;
}

export interface Results {
  readonly rows: readonly Row[];
}

const FILE = new URL('../results.json', import.meta.url);

export async function readResults(): Promise<Results> {
  try {
    return JSON.parse(await readFile(FILE, 'utf8')) as Results;
  } catch {
    return { rows: [] };
  }
}

export async function writeResults(results: Results): Promise<void> {
  await writeFile(FILE, `${JSON.stringify(results, null, 2)}\n`);
}

/** Returns the memory that the model predicts for the sessions of a row. */
export function predictedBytes({ shape: name, sessions, quantumBytes }: Row): number {
  const shape = SHAPES.find((each) => each.name === name);
  if (!shape) throw new Error(`results.json: there is no shape "${name}"`);
  const contents = { ...NOTHING_ELSE, shapes: [lengthsOf(shape)], sessions, users: sessions };
  const memory = memoryOf(contents, { ...DEFAULT_LAYOUT, quantumBytes });
  return memory.used - memory.server;
}

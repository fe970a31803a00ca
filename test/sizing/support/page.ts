import { connectionsOf, type Topology } from '../../../libs/cli/src/sizing/connections.js';
import {
  MEASURED_OPERATIONS,
  type MeasuredOperation,
  sustainedRate,
} from '../../../libs/cli/src/sizing/capacity.js';
import { MEASURED_CAPACITY } from '../../../libs/cli/src/sizing/measured-capacity.js';
import { indexBytes, sessionBytes } from '../../../libs/cli/src/sizing/memory.js';
import { BUSY_AT_MOST } from '../../../libs/cli/src/sizing/plan.js';
import { DEFAULT_LAYOUT } from '../../../libs/cli/src/sizing/redis-structures.js';
import { runCommand } from './command-line.js';
import { predictedBytes, readResults } from './results.js';
import { lengthsOf, SHAPES } from './shapes.js';

/** The page with the worked examples. */
export const PAGE = 'docs/operations/sizing.md';

/** A command of the page, and the block with its output. */
const EXAMPLE = /^(```sh\nnestjs-session (size [^\n]*)\n```\n\n```text\n)[^`]*(?=```$)/gm;
const TABLE = /^(<!-- sizing: (\w+) -->\n)(\n(\|[^\n]*\n)+)?/gm;

const TABLES: Readonly<Record<string, () => Promise<string[][]> | string[][]>> = {
  sessions,
  connections,
  rates,
  measured,
};

/** Returns a page with the outputs of its commands and its tables as they are now. */
export async function withCurrentFigures(page: string): Promise<string> {
  const outputs = new Map<string, string>();
  for (const [, , command] of page.matchAll(EXAMPLE)) {
    const { stdout, stderr } = await runCommand(...(command as string).split(' '));
    outputs.set(command as string, stdout + stderr);
  }
  const tables = new Map<string, string>();
  for (const [name, make] of Object.entries(TABLES)) tables.set(name, markdown(await make()));
  return page
    .replaceAll(EXAMPLE, (_all, begin: string, command: string) => `${begin}${outputs.get(command)}`)
    .replaceAll(TABLE, (_all, begin: string, name: string) => `${begin}\n${tables.get(name)}`);
}

/** Returns a page without the spaces and dashes that align the columns of its tables. */
export function withoutAlignment(page: string): string {
  return page.replaceAll(/^\|.*\|$/gm, (row) => row.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---'));
}

function sessions(): string[][] {
  const rows = SHAPES.map((shape) => {
    const lengths = lengthsOf(shape);
    const [session, index] = [sessionBytes(lengths, DEFAULT_LAYOUT), indexBytes(lengths, 1, DEFAULT_LAYOUT)];
    return [shape.name, session, index, session + index].map(String);
  });
  return [['A session with', 'Session', 'Index', 'Together'], ...rows];
}

function connections(): string[][] {
  const topologies: readonly (readonly [string, Topology])[] = [
    ['one Redis', { kind: 'standalone', replicasPerMaster: 0 }],
    ['three Sentinels', { kind: 'sentinel', replicasPerMaster: 2, sentinels: 3 }],
    ['a Cluster of three masters with a replica each', { kind: 'cluster', replicasPerMaster: 1, masters: 3 }],
  ];
  const options = [
    ['no further option', false, false],
    ['`cache`', true, false],
    ['`durability`', false, true],
    ['both', true, true],
  ] as const;
  const rows = options.map(([name, isCached, isDurable]) => {
    const each = topologies.map(([, topology]) => connectionsOf(topology, { isCached, isDurable }));
    return [name, ...each.map(({ total, perMaster }) => `${total}, of which ${perMaster} at each master`)];
  });
  return [['With', ...topologies.map(([name]) => name)], ...rows];
}

const NAMES: Readonly<Record<MeasuredOperation, string>> = {
  read: 'read',
  firstRead: 'read of a session that the process does not remember',
  trackedRead: 'read for the cache',
  touch: 'touch',
  write: 'write of a field',
  signIn: 'sign-in',
  signOut: 'sign-out',
};

function rates(): string[][] {
  const rows = MEASURED_OPERATIONS.map((operation) => [
    NAMES[operation],
    `${MEASURED_CAPACITY.cpuMicros[operation]} µs`,
    Math.round(sustainedRate(operation, MEASURED_CAPACITY, BUSY_AT_MOST) / 1000) + ',000',
  ]);
  const head = ['Operation', 'Time of Redis', 'A second, if Redis is busy for 70 %'];
  return [head, ...rows, ['measured on', MEASURED_CAPACITY.measuredOn, '']];
}

async function measured(): Promise<string[][]> {
  const { rows } = await readResults();
  const cells = rows.map((row) => {
    const predicted = predictedBytes(row);
    const difference = Math.abs(100 * (predicted / row.measuredBytes - 1)).toFixed(1);
    return [
      row.sessions.toLocaleString('en-US'),
      row.shape,
      megabytes(predicted),
      megabytes(row.measuredBytes),
      `${difference} %`,
      row.residentShare.toFixed(2),
      row.measuredOn,
    ];
  });
  return [['Sessions', 'Shape', 'Predicted', 'Measured', 'Difference', 'Resident', 'Measured on'], ...cells];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function markdown([head = [], ...rows]: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

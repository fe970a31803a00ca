import { readFile } from 'node:fs/promises';
import { type CommandContext, defineCommand } from '../command.js';
import { usageFailure } from '../failure.js';
import { decimalNumber, durationOf, oneOf, wholeNumber } from '../parse.js';
import { type Capacity, parseCapacity } from '../sizing/capacity.js';
import type { Topology } from '../sizing/connections.js';
import { MEASURED_CAPACITY } from '../sizing/measured-capacity.js';
import { type Fit, fitSizes, parseNodeSizes } from '../sizing/nodes.js';
import {
  type Load,
  type Persistence,
  PERSISTENCE,
  type Plan,
  planOf,
  type Workload,
} from '../sizing/plan.js';
import { DEFAULT_LAYOUT, type FieldLengths } from '../sizing/redis-structures.js';
import { renderPlan } from '../sizing/report.js';
import { type Sample, takeSample } from '../sizing/sample.js';
import type { SessionShape } from '../sizing/session-shape.js';

/** The options of `size`. Figures without a default come from the sample, or from others. */
export interface SizeOptions {
  readonly sample?: number | true;
  readonly sessions?: number;
  readonly users?: number;
  readonly anonymous?: boolean;
  readonly userId: number;
  readonly device: number;
  readonly address: number;
  readonly fields: readonly FieldLengths[];
  readonly rotation?: boolean;
  readonly idle: number;
  readonly absolute: number;
  readonly requests: number;
  readonly active?: number;
  readonly signIns?: number;
  readonly signOuts: number;
  readonly writes: number;
  readonly processes: number;
  readonly hitRate?: number;
  readonly staleness: number;
  readonly durability?: boolean;
  readonly masters?: number;
  readonly replicas?: number;
  readonly sentinelCount: number;
  readonly persistence?: Persistence;
  readonly fragmentation?: number;
  readonly quantum?: 8 | 16;
  readonly capacity?: string;
  readonly nodes?: string;
}

/** The result of `size`. */
export interface SizeResult {
  readonly workload: Omit<Workload, 'shapes'> & { readonly shapes: number };
  readonly plan: Plan;
  /** `null` without a file of sizes. */
  readonly sizes: readonly Fit[] | null;
  /** Commands that Redis rejected, in place of whose replies defaults are taken. */
  readonly rejected: readonly string[];
}

const DEFAULT_SAMPLE = 1000;
/** A server that has run for months: measured after sessions of different sizes had ended and begun. */
const DEFAULT_FRAGMENTATION = 1.2;
/** Without other figures, a session lives for half of the absolute timeout on average. */
const SHARE_OF_LIFETIME = 0.5;
const SHAPE_OPTIONS = 'shape of a session';

export const size = defineCommand<SizeOptions>({
  name: 'size',
  summary: 'calculate memory, traffic, connections and servers for a number of sessions',
  description: [
    'Calculates the memory from the structures that Redis allocates, the traffic from the commands that the module sends, and the CPU from measured figures. Without --sample, sends nothing to Redis.',
    "With --sample, reads the shapes of sessions, the number of sessions and users, and the settings of the servers from the running Redis, in small steps and without the sessions' values. Options given as well replace what was read.",
    'Memory and CPU are those of one master, traffic that of all masters together. For signed-in and anonymous sessions, run the command for each and add the figures.',
  ],
  options: [
    {
      flags: '--sample [count]',
      description: `read this many sessions of the running Redis; ${DEFAULT_SAMPLE} if no number is given`,
      parse: wholeNumber(1, 100_000),
    },
    { flags: '--sessions <count>', description: 'live sessions', parse: wholeNumber(1) },
    {
      flags: '--users <count>',
      description: 'users that the sessions belong to. Default: one for each session',
      parse: wholeNumber(1),
    },
    { flags: '--anonymous', description: `${SHAPE_OPTIONS}: sessions without a user` },
    {
      flags: '--user-id <bytes>',
      description: `${SHAPE_OPTIONS}: length of a user's id`,
      defaultValue: 12,
      parse: wholeNumber(1),
    },
    {
      flags: '--device <bytes>',
      description: `${SHAPE_OPTIONS}: length of the device's name; 0 if unknown`,
      defaultValue: 16,
      parse: wholeNumber(0, 64),
    },
    {
      flags: '--address <bytes>',
      description: `${SHAPE_OPTIONS}: length of the network address; 0 if unknown`,
      defaultValue: 12,
      parse: wholeNumber(0, 64),
    },
    {
      flags: '--fields <list>',
      description: `${SHAPE_OPTIONS}: the application's fields with the lengths of their values in JSON, such as email:26,roles:21; none for no fields`,
      defaultValue: 'email:26',
      parse: fieldsOf,
    },
    { flags: '--rotation', description: 'the option "rotation" is in use' },
    { flags: '--idle <duration>', description: 'the option "idle"', defaultValue: '30m', parse: durationOf },
    {
      flags: '--absolute <duration>',
      description: 'the option "absolute"',
      defaultValue: '12h',
      parse: durationOf,
    },
    {
      flags: '--requests <rate>',
      description: 'requests a second that use a session',
      defaultValue: 0,
      parse: decimalNumber(0),
    },
    {
      flags: '--active <count>',
      description: 'sessions with requests at present. Default: all',
      parse: wholeNumber(1),
    },
    {
      flags: '--sign-ins <rate>',
      description:
        'sign-ins a second. Default: as many as keep the number of sessions if each lives for half of "absolute"',
      parse: decimalNumber(0),
    },
    {
      flags: '--sign-outs <rate>',
      description: 'sign-outs a second; other sessions expire',
      defaultValue: 0,
      parse: decimalNumber(0),
    },
    {
      flags: '--writes <rate>',
      description: 'requests a second that change a field',
      defaultValue: 0,
      parse: decimalNumber(0),
    },
    {
      flags: '--processes <count>',
      description: 'processes of the application',
      defaultValue: 1,
      parse: wholeNumber(1),
    },
    {
      flags: '--hit-rate <share>',
      description: 'share of reads that the option "cache" serves, such as 0.95. Default: no cache',
      parse: decimalNumber(0, 1),
    },
    {
      flags: '--staleness <duration>',
      description: 'the option "cache.staleness"',
      defaultValue: '1s',
      parse: durationOf,
    },
    { flags: '--durability', description: 'the option "durability" is in use' },
    {
      flags: '--masters <count>',
      description: 'masters; more than one are a Cluster. Default: 1',
      parse: wholeNumber(1, 1000),
    },
    {
      flags: '--replicas <count>',
      description: 'replicas of each master. Default: 0',
      parse: wholeNumber(0, 20),
    },
    {
      flags: '--sentinel-count <count>',
      description: 'Sentinels; 0 without',
      defaultValue: 0,
      parse: wholeNumber(0, 20),
    },
    {
      flags: '--persistence <kind>',
      description: `${PERSISTENCE.join(', ')}. Default: none`,
      parse: oneOf(PERSISTENCE),
    },
    {
      flags: '--fragmentation <ratio>',
      description: `resident memory for each byte in use. Default: ${DEFAULT_FRAGMENTATION}`,
      parse: decimalNumber(1, 10),
    },
    {
      flags: '--quantum <bytes>',
      description:
        'quantum of the allocator: 8 in the jemalloc that Redis brings, 16 in that of Debian and Ubuntu. Default: 8',
      parse: (text) => Number(oneOf(['8', '16'])(text)),
    },
    {
      flags: '--nodes <file>',
      description:
        'sizes of servers: a list in JSON of { "name", "memoryGiB", "networkGbit", "pricePerHour" }, the last two optional',
    },
    {
      flags: '--capacity <file>',
      description:
        'CPU of Redis for each operation, as "npm run bench:capacity -- --json FILE" of the repository writes it. Default: figures of one machine',
    },
  ],
  examples: [
    {
      command: 'nestjs-session size --sessions 1000000 --requests 20000 --replicas 1',
      explanation: 'calculates an installation before it exists',
    },
    {
      command: 'nestjs-session size --sample --sessions 5000000',
      explanation: 'takes the shapes of the running Redis, for more sessions',
    },
    {
      command:
        'nestjs-session size --sessions 1000000 --requests 200000 --hit-rate 0.95 --masters 3 --nodes sizes.json',
      explanation: 'shows which servers fit',
    },
  ],
  async run(context, _args, options) {
    const [capacity, nodes] = await Promise.all([readCapacity(options.capacity), readNodes(options.nodes)]);
    const sample = options.sample === undefined ? null : await sampleOf(context, options.sample);
    const workload = workloadOf(options, sample, capacity);
    const plan = planOf(workload);
    const demand = {
      memoryBytes: plan.serverBytes,
      networkBytesPerSecond: plan.sentByMaster,
      servers: plan.servers,
    };
    const result: SizeResult = {
      workload: { ...workload, shapes: workload.shapes.length },
      plan,
      sizes: nodes && fitSizes(nodes, demand),
      rejected: sample?.rejected ?? [],
    };
    return { data: result, text: (style) => renderPlan(workload, result, style) };
  },
});

async function sampleOf(context: CommandContext, count: number | true): Promise<Sample> {
  const { inspection, prefix } = await context.connect();
  const progress = context.progress('Sampling');
  try {
    const atMost = count === true ? DEFAULT_SAMPLE : count;
    const sample = await takeSample(inspection, { size: atMost, prefix }, (share) =>
      progress.show(share, 'of the sample'),
    );
    if (sample.shapes.length > 0) return sample;
  } finally {
    progress.end();
  }
  throw usageFailure(
    `--sample: expected sessions with the prefix ${JSON.stringify(prefix)}, found none. Correct --prefix, or leave out --sample and give the figures.`,
  );
}

/** Returns the workload that options describe, with what a sample has found where they are silent. */
function workloadOf(options: SizeOptions, sample: Sample | null, capacity: Capacity): Workload {
  const sessions = options.sessions ?? sample?.sessions;
  if (sessions === undefined)
    throw usageFailure(
      'expected --sessions <count>, or --sample to read the number from Redis; received neither.',
    );
  const shapes = sample ? sample.shapes : [shapeOf(options)];
  const topology = topologyOf(options, sample);
  const quantumBytes = options.quantum ?? sample?.layout.quantumBytes ?? DEFAULT_LAYOUT.quantumBytes;
  const { processes, durability, hitRate, staleness } = options;
  return {
    shapes,
    calibration: sample?.calibration ?? 1,
    sessions,
    users: usersOf(options, sample, sessions),
    load: loadOf(options, sessions),
    processes,
    cache: hitRate === undefined ? null : { hitRate, stalenessMs: staleness },
    isDurable: durability === true,
    topology,
    persistence: options.persistence ?? (sample?.isAppendOnly ? 'aof' : 'none'),
    layout: { ...(sample?.layout ?? DEFAULT_LAYOUT), quantumBytes },
    fragmentation: options.fragmentation ?? sample?.fragmentation ?? DEFAULT_FRAGMENTATION,
    capacity,
  };
}

function shapeOf(options: SizeOptions): SessionShape {
  const { userId, device, address, fields, idle, absolute, rotation, anonymous } = options;
  const isSignedIn = anonymous !== true;
  return {
    prefixBytes: 'session:'.length,
    userIdBytes: isSignedIn ? userId : null,
    deviceBytes: isSignedIn ? device : 0,
    addressBytes: isSignedIn ? address : 0,
    fields,
    isRotated: rotation === true,
    ...{ idleMs: idle, absoluteMs: absolute, activeForMs: Math.round(absolute * SHARE_OF_LIFETIME) },
  };
}

function usersOf({ users, anonymous, sessions }: SizeOptions, sample: Sample | null, all: number): number {
  if (anonymous) return 0;
  if (users !== undefined) {
    if (users <= all) return users;
    throw usageFailure(`--users: expected at most as many as sessions (${all}), received ${users}.`);
  }
  if (!sample) return all;
  // For another number of sessions, each user has as many as in the sample.
  return sessions === undefined ? sample.users : Math.round((sample.users * sessions) / sample.sessions);
}

function loadOf(options: SizeOptions, sessions: number): Load {
  const { requests, active, signIns, signOuts, writes, absolute } = options;
  const keepingUp = sessions / ((absolute * SHARE_OF_LIFETIME) / 1000);
  const load = {
    requests,
    signIns: signIns ?? keepingUp,
    signOuts,
    writes,
    activeSessions: active ?? sessions,
  };
  if (load.activeSessions > sessions)
    throw usageFailure(`--active: expected at most as many as sessions (${sessions}), received ${active}.`);
  return load;
}

function topologyOf(options: SizeOptions, sample: Sample | null): Topology {
  const masters = options.masters ?? sample?.masters ?? 1;
  const replicasPerMaster = options.replicas ?? sample?.replicasPerMaster ?? 0;
  const { sentinelCount } = options;
  if (sentinelCount > 0 && masters > 1)
    throw usageFailure(
      'expected either --sentinel-count or several --masters, received both. A Cluster has no Sentinels.',
    );
  if (sentinelCount > 0) return { kind: 'sentinel', replicasPerMaster, sentinels: sentinelCount };
  const isCluster = masters > 1 || sample?.layout.isCluster === true;
  return isCluster
    ? { kind: 'cluster', replicasPerMaster, masters }
    : { kind: 'standalone', replicasPerMaster };
}

/** Returns the fields in a text such as `email:26,roles:21`. */
function fieldsOf(text: string): FieldLengths[] {
  if (text === 'none') return [];
  return text.split(',').map((entry) => {
    const [, name, valueBytes] = /^([^:]+):(\d+)$/.exec(entry.trim()) ?? [];
    if (name !== undefined) return { nameBytes: Buffer.byteLength(name), valueBytes: Number(valueBytes) };
    throw usageFailure(
      `expected names with lengths in bytes, such as email:26,roles:21, received ${JSON.stringify(entry)}.`,
    );
  });
}

async function readCapacity(file: string | undefined): Promise<Capacity> {
  return file === undefined ? MEASURED_CAPACITY : parseCapacity(await textOf('--capacity', file));
}

async function readNodes(file: string | undefined) {
  return file === undefined ? null : parseNodeSizes(await textOf('--nodes', file));
}

async function textOf(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw usageFailure(
      `${option}: expected a file that can be read, received ${JSON.stringify(file)}: ${(error as Error).message}.`,
    );
  }
}

import {
  type InspectionStep,
  serverOf,
  type SessionKeyKind,
  type StoredSession,
} from 'nestjs-redis-session/redis';
import { defineCommand, type CommandContext } from '../command.js';
import type { ConnectedRedis } from '../connection/connect.js';
import { wholeNumber } from '../parse.js';
import { bytes, count, duration, percent } from '../terminal/text.js';
import type { Style } from '../terminal/style.js';

interface Options {
  readonly sample: number;
}

/** The result of `stats`. */
interface Statistics {
  /** Keys with the prefix, by their content. */
  readonly keys: Readonly<Record<SessionKeyKind | 'unknown', number>>;
  readonly sessions: number;
  /** Users with at least one session. */
  readonly users: number;
  readonly servers: readonly ServerFigures[];
  readonly sample: SampleFigures;
}

interface ServerFigures {
  readonly address: string;
  readonly version: string;
  readonly usedMemoryBytes: number;
  /** `null` without a limit. */
  readonly maxMemoryBytes: number | null;
  readonly evictedKeys: number;
  readonly clients: number;
}

/** Figures of some sessions; all are 0 if the sample is empty. */
interface SampleFigures {
  readonly size: number;
  /** The share of sessions without a user. */
  readonly anonymousShare: number;
  /** Medians, in milliseconds. */
  readonly ageMs: number;
  readonly inactiveMs: number;
  /** Sessions that this version cannot read. */
  readonly unreadable: number;
}

export const stats = defineCommand<Options>({
  name: 'stats',
  summary: 'count sessions and users, and show the state of the servers',
  description: [
    'Walks over all keys of the database in steps of some 250 keys, so that Redis serves the application in between, and counts those with the prefix. One million sessions take some seconds.',
    'Reads a sample of the sessions for the share of anonymous ones, their age and their inactivity. Changes nothing.',
  ],
  options: [
    {
      flags: '--sample <count>',
      description: 'number of sessions to read',
      defaultValue: 1000,
      parse: wholeNumber(0),
    },
  ],
  examples: [
    { command: 'nestjs-session stats', explanation: 'counts the sessions in the Redis of REDIS_URL' },
    {
      command: 'nestjs-session stats --json --sample 0 | jq .sessions',
      explanation: 'prints the number of sessions alone',
    },
  ],
  async run(context, _args, { sample }) {
    const redis = await context.connect();
    const { keys, users, read } = await walk(context, redis, sample);
    const data: Statistics = {
      sessions: keys.session,
      users,
      keys,
      sample: sampleFigures(read),
      servers: await Promise.all(redis.inspection.masters.map(serverFigures)),
    };
    return { data, text: (style) => render(data, style) };
  },
});

async function walk(context: CommandContext, { inspection }: ConnectedRedis, sample: number) {
  const keys = { session: 0, index: 0, cut: 0, notice: 0, 'sign-in': 0, probe: 0, lease: 0, unknown: 0 };
  const read: StoredSession[] = [];
  let users = 0;
  const progress = context.progress('Counting');
  try {
    for await (const step of inspection.walk()) {
      for (const { kind, userId } of step.keys) {
        keys[kind ?? 'unknown'] += 1;
        if (kind === 'index' && userId !== null) users += 1;
      }
      if (read.length < sample) read.push(...(await inspection.read(first(step, sample - read.length))));
      progress.show(step.progress, `${count(keys.session)} sessions`);
    }
  } finally {
    progress.end();
  }
  return { keys, users, read };
}

/** Returns a step with some of its keys. */
function first({ node, keys }: InspectionStep, max: number): Pick<InspectionStep, 'node' | 'keys'> {
  return { node, keys: keys.filter(({ kind }) => kind === 'session').slice(0, max) };
}

function sampleFigures(read: readonly StoredSession[]): SampleFigures {
  const records = read.flatMap(({ record }) => record ?? []);
  const now = Date.now();
  return {
    size: read.length,
    anonymousShare: records.filter(({ userId }) => userId === null).length / Math.max(records.length, 1),
    ageMs: median(records.map(({ createdAt }) => now - createdAt)),
    inactiveMs: median(records.map(({ lastActiveAt }) => now - lastActiveAt)),
    unreadable: read.length - records.length,
  };
}

/** Returns the middle of some numbers; 0 if there are none. Clocks differ, so ages may be slightly negative. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return Math.max(sorted[Math.floor(sorted.length / 2)] ?? 0, 0);
}

async function serverFigures(node: InspectionStep['node']): Promise<ServerFigures> {
  const text = String(await node.call('INFO'));
  const field = (name: string) => new RegExp(`^${name}:([^\r\n]*)`, 'm').exec(text)?.[1] ?? '';
  return {
    address: serverOf(node),
    version: field('valkey_version') || field('redis_version'),
    usedMemoryBytes: Number(field('used_memory')),
    maxMemoryBytes: Number(field('maxmemory')) || null,
    evictedKeys: Number(field('evicted_keys')),
    clients: Number(field('connected_clients')),
  };
}

function render({ sessions, users, keys, sample, servers }: Statistics, style: Style): string {
  const others = Object.entries(keys).filter(([kind, number]) => kind !== 'session' && number > 0);
  const totals = style.list([
    ['Sessions', count(sessions)],
    ['Users', count(users)],
    ['Other keys', others.map(([kind, number]) => `${count(number)} ${kind}`).join(', ') || 'none'],
  ]);
  const figures = style.list([
    [`Sample`, `${count(sample.size)} sessions`],
    ['Anonymous', percent(sample.anonymousShare)],
    ['Median age', duration(sample.ageMs)],
    ['Median inactivity', duration(sample.inactiveMs)],
    ['Unreadable', sample.unreadable === 0 ? 'none' : { styled: style.bad(count(sample.unreadable)) }],
  ]);
  const nodes = style.table(
    ['SERVER', 'VERSION', 'MEMORY', 'LIMIT', 'EVICTED', 'CLIENTS'],
    servers.map((server) => [
      server.address,
      server.version,
      bytes(server.usedMemoryBytes),
      server.maxMemoryBytes === null ? 'none' : bytes(server.maxMemoryBytes),
      count(server.evictedKeys),
      count(server.clients),
    ]),
  );
  return [totals, ...(sample.size > 0 ? [figures] : []), nodes].join('\n\n');
}

import type { InspectionStep, RedisInspection, StoredKey, StoredSession } from 'nestjs-redis-session/redis';
import { averageOf, sum } from './arithmetic.js';
import { RedisStructures, type ServerLayout } from './redis-structures.js';
import { readLayout } from './server-layout.js';
import { fieldLengths, keyLengths, type SessionShape } from './session-shape.js';

/** Figures of a running Redis. */
export interface Sample {
  readonly shapes: readonly SessionShape[];
  /** Estimates by the part of the keys that the sample has examined. */
  readonly sessions: number;
  readonly users: number;
  /** Measured size of a session for each byte that the model predicts. */
  readonly calibration: number;
  readonly layout: ServerLayout;
  readonly masters: number;
  readonly replicasPerMaster: number;
  readonly isAppendOnly: boolean;
  /** `used_memory` of all masters. */
  readonly usedBytes: number;
  /** `mem_fragmentation_ratio`; `null` below 64 MiB, where it says little. */
  readonly fragmentation: number | null;
  /** Commands that a server rejected, in place of whose replies defaults are taken. */
  readonly rejected: readonly string[];
}

type Node = InspectionStep['node'];
type SessionRecord = NonNullable<StoredSession['record']>;

/** A session of the sample. */
interface SampledSession {
  readonly shape: SessionShape;
  /** Size that MEMORY USAGE reports; `null` if Redis rejects the command. */
  readonly reportedBytes: number | null;
}

/** Below this memory, the buffers of an empty server dominate the fragmentation. */
const FRAGMENTATION_MATTERS_BYTES = 64 * 1024 * 1024;

/**
 * Reads a number of sessions in steps of a few hundred keys, and the settings of a server. Reads lengths, not values, so
 * that no session's data leaves Redis.
 *
 * @param onProgress called with the part that is done, from 0 to 1
 */
export async function takeSample(
  inspection: RedisInspection,
  { size, prefix }: { readonly size: number; readonly prefix: string },
  onProgress: (progress: number) => void,
): Promise<Sample> {
  const [first] = inspection.masters;
  if (!first) throw new Error('no server of the Cluster is connected');
  const sampled: SampledSession[] = [];
  const found = { sessions: 0, users: 0 };
  let examined = 0;
  for await (const { node, keys, progress } of inspection.walk()) {
    found.sessions += keys.filter(({ kind }) => kind === 'session').length;
    found.users += keys.filter(({ kind, userId }) => kind === 'index' && userId !== null).length;
    examined = progress;
    sampled.push(...(await readSessions(inspection, node, keys, size - sampled.length, prefix)));
    onProgress(Math.min(1, sampled.length / size));
    if (sampled.length >= size) break;
  }
  const { layout, rejected } = await readLayout(first);
  return {
    ...serverFigures(await Promise.all(inspection.masters.map((node) => node.info()))),
    shapes: sampled.map(({ shape }) => shape),
    sessions: examined === 0 ? 0 : Math.round(found.sessions / examined),
    users: examined === 0 ? 0 : Math.round(found.users / examined),
    calibration: calibrationOf(sampled, layout),
    layout,
    rejected: sampled.some(({ reportedBytes }) => reportedBytes === null)
      ? [...rejected, 'MEMORY USAGE']
      : rejected,
  };
}

async function readSessions(
  inspection: RedisInspection,
  node: Node,
  keys: readonly StoredKey[],
  atMost: number,
  prefix: string,
): Promise<SampledSession[]> {
  const chosen = keys.filter(({ kind }) => kind === 'session').slice(0, atMost);
  const stored = await inspection.read({ node, keys: chosen });
  const names = new Map(chosen.map(({ sessionId, name }) => [sessionId, name]));
  const records = stored.flatMap(({ id, record }) =>
    record ? [{ record, key: names.get(id) as string }] : [],
  );
  const lengths = await lengthsOfFields(
    node,
    records.map(({ key }) => key),
  );
  const usages = await repliesTo(
    node,
    records.map(({ key }) => ['MEMORY', 'USAGE', key]),
  );
  return records.map(({ record }, index) => ({
    shape: shapeOf(record, lengths[index] as Map<string, number>, prefix),
    reportedBytes: typeof usages[index] === 'number' ? usages[index] : null,
  }));
}

/** Returns the length of each field of some hashes, by its name. */
async function lengthsOfFields(node: Node, keys: readonly string[]): Promise<Map<string, number>[]> {
  const names = await repliesTo(
    node,
    keys.map((key) => ['HKEYS', key]),
  );
  const questions = keys.flatMap((key, index) =>
    ((names[index] ?? []) as string[]).map((name) => ({
      index,
      name,
      command: ['HSTRLEN', key, name] as const,
    })),
  );
  const lengths = await repliesTo(
    node,
    questions.map(({ command }) => command),
  );
  const fields = keys.map(() => new Map<string, number>());
  for (const [at, { index, name }] of questions.entries()) fields[index]?.set(name, Number(lengths[at]));
  return fields;
}

type Command = readonly [name: string, ...args: string[]];

/** Sends commands in one round trip. Returns their replies; `null` for a command that Redis has rejected. */
async function repliesTo(node: Node, commands: readonly Command[]): Promise<unknown[]> {
  if (commands.length === 0) return [];
  const pipeline = node.pipeline();
  for (const [name, ...args] of commands) pipeline.call(name, ...args);
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, reply]) => (error ? null : reply));
}

function shapeOf(record: SessionRecord, lengths: Map<string, number>, prefix: string): SessionShape {
  const { createdAt, lastActiveAt, absoluteEndAt, idleMs, userId, rotation } = record;
  const ofApplication = [...lengths].filter(([name]) => name.startsWith('.'));
  return {
    prefixBytes: Buffer.byteLength(prefix),
    userIdBytes: userId === null ? null : Buffer.byteLength(userId),
    deviceBytes: Buffer.byteLength(record.device ?? ''),
    addressBytes: Buffer.byteLength(record.address ?? ''),
    fields: ofApplication.map(([name, valueBytes]) => ({
      nameBytes: Buffer.byteLength(name) - 1,
      valueBytes,
    })),
    isRotated: rotation !== null,
    idleMs,
    absoluteMs: absoluteEndAt - createdAt,
    activeForMs: Math.max(0, lastActiveAt - createdAt),
  };
}

function calibrationOf(sampled: readonly SampledSession[], layout: ServerLayout): number {
  const structures = new RedisStructures(layout);
  const measured = sampled.filter(({ reportedBytes }) => reportedBytes !== null);
  if (measured.length === 0) return 1;
  const predicted = ({ shape }: SampledSession) =>
    structures.reportedHash(keyLengths(shape).session, fieldLengths(shape));
  return sum(measured.map(({ reportedBytes }) => reportedBytes ?? 0)) / sum(measured.map(predicted));
}

function serverFigures(infos: readonly string[]) {
  const figure = (name: string) => (info: string) =>
    Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  const usedBytes = sum(infos.map(figure('used_memory')));
  const residentBytes = sum(infos.map(figure('used_memory_rss')));
  return {
    masters: infos.length,
    replicasPerMaster: Math.round(averageOf(infos, figure('connected_slaves'))),
    isAppendOnly: infos.some((info) => figure('aof_enabled')(info) === 1),
    usedBytes,
    fragmentation: usedBytes < FRAGMENTATION_MATTERS_BYTES ? null : Math.max(1, residentBytes / usedBytes),
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SessionRecord } from 'nestjs-redis-session';
import { endEach, type EndedSession, liveAmong, signIn, signInMany, visit } from './life.js';
import { type Persistence, PersistentRedis } from './server.js';

const CLI = fileURLToPath(new URL('../../../libs/cli/dist/main.js', import.meta.url));
/** The number of sessions that end, and of users who sign in, between the backup and the failure. */
const CHANGES = 30;
/** Two readings of the server's clock differ by as much. */
const MOMENT_MS = 5;

/** A drill with one kind of persistence. Durations are in milliseconds. */
export interface RestoreFigures {
  readonly persistence: Persistence;
  readonly backupMs: number | null;
  readonly backupBytes: number;
  /** The number of sign-ins between the backup and the failure that the restored server lacks. */
  readonly lostSignIns: number;
  /** The number of sessions that had ended, and are live after the restore. */
  readonly revived: readonly EndedSession[];
  /** Time from the start of the new server until it had loaded its data. */
  readonly loadMs: number;
  /** Duration of `nestjs-session revoke --signed-in-before`. */
  readonly revokeMs: number;
  readonly revoked: number;
  /** The ended sessions that are live after the revocation. */
  readonly stillLive: readonly EndedSession[];
  /** True if the user who signed in after the restore is still signed in. */
  readonly keepsLaterSignIn: boolean;
  /** The number of sessions in Redis at the end. */
  readonly left: number;
}

/** The data that each drill begins with. */
export interface Seed {
  readonly file: string;
  readonly sample: readonly SessionRecord[];
  readonly sessions: number;
  readonly seedMs: number;
  readonly usedMemory: number;
  close(): Promise<void>;
}

/** Signs so many users in, and saves the result as a snapshot. */
export async function sow(sessions: number): Promise<Seed> {
  const folder = await mkdtemp(join(tmpdir(), 'session-seed-'));
  const redis = await PersistentRedis.start('rdb');
  try {
    const startedAt = performance.now();
    const sample = await signInMany(redis.store, sessions, CHANGES);
    const seedMs = performance.now() - startedAt;
    const file = join(folder, 'dump.rdb');
    await redis.backUp(file);
    const usedMemory = await redis.usedMemory();
    return { file, sample, sessions, seedMs, usedMemory, close: () => remove(folder) };
  } finally {
    await redis.stop();
  }
}

/**
 * Runs a server, backs it up, lets sessions end and begin, kills it, restores it as another process with another data
 * directory, and ends the sessions that the restore has revived.
 *
 * With `rdb` the backup is a snapshot taken before the changes, and the disk of the killed server is lost. With a log, the
 * disk is moved to the new server.
 */
export async function drill(persistence: Persistence, seed: Seed): Promise<RestoreFigures> {
  const scratch = await mkdtemp(join(tmpdir(), 'session-backup-'));
  const first = await PersistentRedis.start('rdb', (folder) => cp(seed.file, join(folder, 'dump.rdb')));
  let second: PersistentRedis | undefined;
  try {
    if (persistence !== 'rdb') await first.enableLog(persistence);
    const visitors = await Promise.all(names('visitor').map((name) => visit(first.store, name)));
    const backup = join(scratch, 'dump.rdb');
    const backupMs = persistence === 'rdb' ? await first.backUp(backup) : null;
    const ended = await endEach(first.store, seed.sample, visitors);
    const begun = [];
    for (const name of names('late')) begun.push(await signIn(first.store, name));
    await first.kill();

    const source = persistence === 'rdb' ? backup : join(first.folder, 'appendonlydir');
    const startedAt = performance.now();
    second = await PersistentRedis.start(persistence, (folder) =>
      cp(source, join(folder, persistence === 'rdb' ? 'dump.rdb' : 'appendonlydir'), { recursive: true }),
    );
    const loadMs = performance.now() - startedAt;
    return {
      persistence,
      backupMs,
      backupBytes: await sizeOf(source),
      lostSignIns: begun.length - (await liveAmong(second.store, begun)).length,
      revived: await liveAmong(second.store, ended),
      loadMs,
      ...(await revokeRestored(second, ended)),
    };
  } finally {
    await first.stop();
    await second?.stop();
    await remove(scratch);
  }
}

/** Ends the sessions of a restored server that began before it, while a user signs in. */
async function revokeRestored(redis: PersistentRedis, ended: readonly EndedSession[]) {
  const { store, client, url } = redis;
  const restoredAt = await timeOf(redis);
  await new Promise((resolve) => setTimeout(resolve, MOMENT_MS));
  const later = await signIn(store, 'returning');
  const startedAt = performance.now();
  const { ended: revoked } = await runCli(url, restoredAt);
  const revokeMs = performance.now() - startedAt;
  return {
    revokeMs,
    revoked,
    stillLive: await liveAmong(store, ended),
    keepsLaterSignIn: (await store.load(later.id)) !== null && (await store.touch(later)),
    left: await countSessions(client),
  };
}

async function timeOf({ client }: PersistentRedis): Promise<Date> {
  const [seconds, microseconds] = await client.time();
  return new Date(Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000) + 1);
}

async function runCli(url: string, before: Date): Promise<{ readonly ended: number }> {
  const args = [CLI, 'revoke', '--signed-in-before', before.toISOString(), '--yes', '--json'];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '', REDIS_URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return JSON.parse(output) as { ended: number };
}

/** Returns the number of sessions, by a walk over all keys. */
async function countSessions(client: PersistentRedis['client']): Promise<number> {
  let [cursor, count] = ['0', 0];
  do {
    const [next, keys] = await client.scan(
      cursor,
      'MATCH',
      'session:{???}:??????????????????????',
      'COUNT',
      1_000,
    );
    count += keys.length;
    cursor = next;
  } while (cursor !== '0');
  return count;
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.size;
  const sizes = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function names(stem: string): string[] {
  return Array.from({ length: CHANGES }, (_, index) => `${stem}${index}`);
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

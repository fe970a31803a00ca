import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { RedisStore } from 'nestjs-redis-session';
import { type RedisServer, startRedisServer } from '../../support/redis-server.js';
import { until } from '../../support/until.js';

/** Persistence of a Redis server: snapshots alone, or a log of all writes that is flushed every second, or after each write. */
export type Persistence = 'rdb' | 'aof-everysec' | 'aof-always';

const SAVED_WITHIN_MS = 300_000;
/** A machine that is busy with other work loads a large file slowly. */
const LOADED_WITHIN_MS = 300_000;
const DEADLINE_MS = 30_000;
const NOTICE_TTL_MS = 600_000;

/** A Redis server with a data directory of its own. */
export class PersistentRedis {
  private constructor(
    private readonly server: RedisServer,
    readonly folder: string,
    readonly client: Redis,
    readonly store: RedisStore,
  ) {}

  /** Starts a server on the files that `fill` puts into its new directory. */
  static async start(
    persistence: Persistence,
    fill: (folder: string) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<PersistentRedis> {
    const folder = await mkdtemp(join(tmpdir(), 'session-restore-'));
    await fill(folder);
    const args = ['--dir', folder, ...argumentsFor(persistence)];
    const server = await startRedisServer({ args, readyWithinMs: LOADED_WITHIN_MS });
    const client = new Redis(server.port, '127.0.0.1', {
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    client.on('error', () => undefined); // the drill kills the server
    const settings = { prefix: 'session:', deadlineMs: DEADLINE_MS, noticeTtlMs: NOTICE_TTL_MS };
    return new PersistentRedis(server, folder, client, new RedisStore(client, settings));
  }

  get url(): string {
    return this.server.url;
  }

  /** Writes a snapshot in the background and copies it to a file. Returns the duration of both. */
  async backUp(file: string): Promise<number> {
    const startedAt = performance.now();
    await this.client.bgsave();
    await this.untilPersisted('rdb_bgsave_in_progress:0');
    await cp(join(this.folder, 'dump.rdb'), file);
    return performance.now() - startedAt;
  }

  /** Enables the log of writes, with its first file made from memory. */
  async enableLog(persistence: Persistence): Promise<void> {
    await this.client.config('SET', 'appendfsync', persistence === 'aof-always' ? 'always' : 'everysec');
    await this.client.config('SET', 'appendonly', 'yes');
    await this.untilPersisted('aof_rewrite_in_progress:0');
    await this.untilPersisted('aof_rewrite_scheduled:0');
  }

  /** Returns the memory that the data takes, in bytes. */
  async usedMemory(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await this.client.info('memory'))?.[1]);
  }

  kill(): Promise<void> {
    return this.server.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private untilPersisted(line: string): Promise<void> {
    return until(line, SAVED_WITHIN_MS, async () => (await this.client.info('persistence')).includes(line));
  }
}

function argumentsFor(persistence: Persistence): string[] {
  if (persistence === 'rdb') return ['--appendonly', 'no'];
  return ['--appendonly', 'yes', '--appendfsync', persistence.replace('aof-', '')];
}

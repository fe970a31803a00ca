import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { RedisStore } from 'nestjs-redis-session';
import { memoryOf } from '../../../libs/cli/src/sizing/memory.js';
import type { ServerLayout } from '../../../libs/cli/src/sizing/redis-structures.js';
import { readLayout } from '../../../libs/cli/src/sizing/server-layout.js';
import type { RedisServer } from '../../support/redis-server.js';
import { startRedisServer } from '../../support/redis-server.js';
import { until } from '../../support/until.js';
import { lengthsOf, type Shape, signInTo, userOf } from './shapes.js';

const AT_ONCE = 100;
const SNAPSHOT_WITHIN_MS = 600_000;
const SETTLED_WITHIN_MS = 60_000;
/** In this time an idle Redis moves some entries of a table that has doubled. */
const MOVING_MS = 120;
const DEADLINE_MS = 60_000;
const NOTICE_TTL_MS = 600_000;
const PREFIX = 'session:';

/** The contents of a server with sessions alone. */
export const NOTHING_ELSE = {
  ...{ notices: 0, sources: 0, trackedSessions: 0, trackingProcesses: 0, connections: 0, replicas: 0 },
  calibration: 1,
};

/** Memory of a number of sessions, in bytes. */
export interface MemoryComparison {
  readonly predicted: number;
  /** Growth of `used_memory` from a server with the scripts, but without sessions. */
  readonly measured: number;
}

/** A Redis of its own whose memory and traffic are measured. */
export class MeasuredRedis {
  readonly store: RedisStore;
  private readonly pushes: Redis[] = [];

  private constructor(
    private readonly server: RedisServer,
    readonly client: Redis,
    readonly layout: ServerLayout,
  ) {
    this.store = this.newStore();
  }

  static async start(args: string[] = []): Promise<MeasuredRedis> {
    const server = await startRedisServer({ args });
    const client = new Redis(server.url);
    return new MeasuredRedis(server, client, (await readLayout(client)).layout);
  }

  /** Returns a store that has not read any session, as a process that has just started. */
  newStore(): RedisStore {
    return new RedisStore(this.client, {
      prefix: PREFIX,
      deadlineMs: DEADLINE_MS,
      noticeTtlMs: NOTICE_TTL_MS,
    });
  }

  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return this.server.port;
  }

  async stop(): Promise<void> {
    for (const connection of [this.client, ...this.pushes]) connection.disconnect();
    await this.server.stop();
  }

  /** Empties the server, signs users in, and compares the growth of the memory with the prediction. */
  async compare(shape: Shape, sessions: number, sessionsPerUser = 1): Promise<MemoryComparison> {
    await this.client.flushall();
    await this.fill(shape, 1, 1); // the server keeps the script, and the connection its buffers
    await this.client.flushall();
    const before = await this.usedMemory();
    const users = Math.ceil(sessions / sessionsPerUser);
    await this.fill(shape, sessions, users);
    const measured = (await this.settledMemory()) - before;
    const contents = { ...NOTHING_ELSE, shapes: [lengthsOf(shape)], sessions, users };
    const memory = memoryOf(contents, this.layout);
    return { predicted: memory.used - memory.server, measured };
  }

  /** Signs users in, in turn, until there are this many more sessions. */
  async fill(shape: Shape, sessions: number, users: number): Promise<void> {
    for (let start = 0; start < sessions; start += AT_ONCE) {
      const length = Math.min(AT_ONCE, sessions - start);
      const signIns = Array.from({ length }, (_, index) => userOf((start + index) % users));
      await Promise.all(signIns.map((userId) => this.store.signIn(signInTo(shape, userId))));
    }
  }

  /** Opens connections whose reads the server tracks, as those of processes with the cache. */
  async openReaders(count: number): Promise<Redis[]> {
    const push = new Redis(this.server.url);
    const id = await push.client('ID');
    this.pushes.push(push);
    await push.subscribe('__redis__:invalidate');
    const readers = Array.from({ length: count }, () => new Redis(this.server.url));
    for (const reader of readers) await reader.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(id));
    return readers;
  }

  /** Reads all sessions over a connection. */
  async readAll(reader: Redis): Promise<void> {
    const keys = (await this.client.keys(`${PREFIX}{???}:*`)).filter((key) => !key.includes(':u:'));
    for (let start = 0; start < keys.length; start += AT_ONCE)
      await Promise.all(keys.slice(start, start + AT_ONCE).map((key) => reader.hgetall(key)));
  }

  /** Returns figures of one INFO by their names; NaN for a figure that this server does not report. */
  async figures(...names: string[]): Promise<number[]> {
    const info = await this.client.info('everything');
    return names.map((name) => Number(new RegExp(`^${name}:(.+)$`, 'm').exec(info)?.[1] ?? NaN));
  }

  /** Writes a snapshot in the background. Returns the seconds that this took. */
  async writeSnapshot(): Promise<number> {
    const startedAt = performance.now();
    await this.client.bgsave();
    await until(
      'a snapshot',
      SNAPSHOT_WITHIN_MS,
      async () => (await this.figures('rdb_bgsave_in_progress'))[0] === 0,
    );
    return (performance.now() - startedAt) / 1000;
  }

  /** Returns the name and the version of the server. */
  async version(): Promise<string> {
    const info = await this.client.info('server');
    const [, valkey] = /^valkey_version:(\S+)/m.exec(info) ?? [];
    return valkey ? `Valkey ${valkey}` : `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1]}`;
  }

  /** Returns the number of calls of a command. */
  async callsOf(command: string): Promise<number> {
    const [, calls] =
      new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(await this.client.info('commandstats')) ?? [];
    return Number(calls ?? 0);
  }

  private async usedMemory(): Promise<number> {
    const [bytes] = await this.figures('used_memory');
    return bytes as number;
  }

  /** Returns the memory after Redis has moved the entries of a table that has doubled, and freed the old one. */
  async settledMemory(): Promise<number> {
    let last = NaN;
    await until('a memory that stays the same', SETTLED_WITHIN_MS, async () => {
      const [now, before] = [await this.usedMemory(), last];
      last = now;
      await delay(MOVING_MS);
      return now === before;
    });
    return last;
  }
}

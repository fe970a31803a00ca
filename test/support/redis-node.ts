import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedis } from '../../scripts/redis-binary.mjs';
import type { RedisServer, RedisServerOptions } from './redis-server.js';
import { startRedisServer } from './redis-server.js';
import { until } from './until.js';

export const HOST = '127.0.0.1';

const REPLICATED_WITHIN_MS = 5_000;

/** True if this machine can run servers that reach each other. In Docker each has a separate network. */
export const canRunTopologies = findRedis()?.kind !== 'docker';

/** One server of several, with a folder that outlives its process, and a connection to look after it. */
export class RedisNode {
  /** Connects again by itself when the server is back. */
  readonly admin: Redis;
  isAlive = true;

  private constructor(
    private server: RedisServer,
    private readonly options: RedisServerOptions,
    private readonly folder: string,
  ) {
    const client = {
      commandTimeout: 2_000,
      maxRetriesPerRequest: 0,
      retryStrategy: () => 50,
      // For so long ioredis keeps the process alive after the end of a connection that was lost before.
      disconnectTimeout: 50,
    };
    this.admin = new Redis(server.port, HOST, client);
    this.admin.on('error', () => undefined); // while it is dead
  }

  static async start(options: RedisServerOptions): Promise<RedisNode> {
    const folder = await mkdtemp(join(tmpdir(), 'session-node-'));
    try {
      return new RedisNode(await startRedisServer(inFolder(folder, options)), options, folder);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get port(): number {
    return this.server.port;
  }

  ask(command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.admin.call(command, ...args);
  }

  /** Returns the properties that INFO reports, or another command with replies in this form. */
  async info(command = 'INFO', ...args: string[]): Promise<Record<string, string>> {
    const text = String(await this.ask(command, ...args));
    const lines = [...text.matchAll(/^([^#:\r\n]+):([^\r\n]*)/gm)];
    return Object.fromEntries(lines.map(([, name, value]) => [name, value])) as Record<string, string>;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    return this.server.kill(signal);
  }

  /** Sends SIGKILL and waits until the process has ended. */
  async kill(): Promise<void> {
    this.isAlive = false;
    await this.server.kill('SIGKILL');
  }

  /** Starts what was killed on the same port. */
  async restart(args = this.options.args): Promise<void> {
    await this.server.stop();
    this.server = await startRedisServer({
      ...inFolder(this.folder, { ...this.options, args }),
      port: this.port,
    });
    this.isAlive = true;
  }

  async stop(): Promise<void> {
    this.isAlive = false;
    this.admin.disconnect();
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Starts several servers, all or none. */
export async function startNodes(options: readonly RedisServerOptions[]): Promise<RedisNode[]> {
  const starts = await Promise.allSettled(options.map((each) => RedisNode.start(each)));
  const nodes = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const failure = starts.find((start) => start.status === 'rejected');
  if (!failure) return nodes;
  await stopNodes(nodes);
  throw failure.reason;
}

export async function stopNodes(nodes: readonly RedisNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()));
}

/** Waits until the replicas among these have all that their masters have now. */
export async function untilReplicated(nodes: readonly RedisNode[]): Promise<void> {
  const infos = await Promise.all(nodes.map(async (node) => [String(node.port), await node.info()] as const));
  const masters = infos.filter(([, { role }]) => role === 'master');
  const due = new Map(masters.map(([port, { master_repl_offset: offset }]) => [port, Number(offset)]));
  await until('replicas that have everything', REPLICATED_WITHIN_MS, async () => {
    const replicas = (await Promise.all(nodes.map((node) => node.info()))).filter(
      ({ role }) => role === 'slave',
    );
    return replicas.every(({ master_port: port, slave_repl_offset: offset }) => {
      return Number(offset) >= (due.get(String(port)) ?? 0);
    });
  });
}

function inFolder(folder: string, options: RedisServerOptions): RedisServerOptions {
  return { ...options, args: ['--dir', folder, ...(options.args ?? [])] };
}

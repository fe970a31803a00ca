import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type RedisServer, startRedisServer } from '../../../scripts/redis-server.mjs';
import { until } from '../../support/until.js';
import { PrometheusServer } from './prometheus-server.js';
import { visit } from './visitors.js';

const MAIN = fileURLToPath(new URL('../../../apps/demo/dist/main.js', import.meta.url));
const START_WITHIN_MS = 60_000;
const USERS = ['alice', 'bob', 'solo', 'user1', 'user2', 'user3', 'user4', 'user5'];
/** Users beside those with names. */
const DEMO_USERS = 5;
const MAX_MEMORY = '64mb';
const REPLICA = ['--repl-diskless-sync-delay', '0'];

/** Two processes of the demo on a Redis with a replica, scraped by Prometheus. */
export class WatchedDemo {
  private readonly stops: (() => Promise<void>)[] = [];
  private readonly addresses: string[] = [];
  prometheus!: PrometheusServer;
  private redis!: RedisServer;

  /** @param program the path of the program of Prometheus */
  static async start(program: string, env: Readonly<Record<string, string>> = {}): Promise<WatchedDemo> {
    const demo = new WatchedDemo();
    try {
      await demo.open(program, env);
      return demo;
    } catch (error) {
      await demo.stop();
      throw error;
    }
  }

  private async open(program: string, env: Readonly<Record<string, string>>): Promise<void> {
    const limits = ['--maxmemory', MAX_MEMORY, '--maxmemory-policy', 'noeviction', ...REPLICA];
    this.redis = this.keep(await startRedisServer({ args: limits }));
    const follow = ['--replicaof', '127.0.0.1', String(this.redis.port), ...REPLICA];
    this.keep(await startRedisServer({ args: follow }));
    await Promise.all([this.launch(env), this.launch(env)]);
    const targets = this.addresses.map((address) => new URL(address).host);
    this.prometheus = this.keep(await PrometheusServer.start(program, targets));
  }

  /** Visits the demo for a time. */
  load(seconds: number): Promise<void> {
    return visit(this.addresses, USERS, AbortSignal.timeout(seconds * 1000));
  }

  /** Visits the demo until it stops. */
  startLoad(): void {
    const end = new AbortController();
    const visits = visit(this.addresses, USERS, end.signal);
    this.stops.push(() => {
      end.abort();
      return visits;
    });
  }

  /** Lets Redis answer nothing any more. */
  async freezeRedis(): Promise<void> {
    await this.redis.kill('SIGSTOP');
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.splice(0).reverse()) await stop();
  }

  private keep<Part extends { stop(): Promise<void> }>(part: Part): Part {
    this.stops.push(() => part.stop());
    return part;
  }

  private async launch(env: Readonly<Record<string, string>>): Promise<void> {
    const settings = {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      REDIS_URL: this.redis.url,
      DEMO_USERS: String(DEMO_USERS),
      DEMO_LAB: 'off',
      SESSION_CACHE: 'on',
      SESSION_MAX: '3',
    };
    const child = spawn(process.execPath, [MAIN], {
      env: { ...settings, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.stops.push(() => stopProcess(child));
    let output = '';
    const read = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    const address = () => /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
    await until(`a demo that listens:\n${output}`, START_WITHIN_MS, () => address() !== undefined);
    this.addresses.push(address() as string);
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

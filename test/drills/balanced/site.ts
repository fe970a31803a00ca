import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureHaproxy } from '../../../scripts/haproxy-binary.mjs';
import { type Certificate, makeCertificate } from '../../support/certificate.js';
import { type SentinelTopology, startSentinel } from '../../support/redis-sentinel.js';
import { freePort } from '../../support/redis-server.js';
import { until } from '../../support/until.js';
import { AppProcess } from './app-process.js';

const CONFIG = fileURLToPath(new URL('../../../apps/demo/haproxy.cfg', import.meta.url));
const PROCESSES = 3;
/** Longer than two health checks of haproxy, which run every 500 ms. */
const DRAIN_MS = 1_500;
/** Two health checks, after which haproxy uses a new process. */
const BACK_AFTER_MS = 1_200;
const READY_WITHIN_MS = 15_000;

/** Options of a {@link BalancedSite}. */
export interface BalancedSiteOptions {
  /**
   * Time for which a stopping process goes on serving, in milliseconds.
   *
   * @defaultValue 1500, longer than two health checks of haproxy
   */
  readonly drainMs?: number;
  /** The port of haproxy. Default: a free one. */
  readonly port?: number;
}

/** haproxy with TLS, three processes of the demo, and Redis with replicas and Sentinels, all on this machine. */
export class BalancedSite {
  private haproxyOutput = '';

  private constructor(
    readonly port: number,
    readonly certificate: Certificate,
    readonly redis: SentinelTopology,
    readonly apps: readonly AppProcess[],
    private readonly haproxy: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(options: BalancedSiteOptions = {}): Promise<BalancedSite> {
    const program = ensureHaproxy();
    const [folder, redis, port] = await Promise.all([
      mkdtemp(join(tmpdir(), 'session-balanced-')),
      startSentinel(),
      options.port ?? freePort(),
    ]);
    const certificate = makeCertificate();
    const file = join(folder, 'site.pem');
    await writeFile(file, certificate.certificate + certificate.key, { mode: 0o600 });
    const apps = await startApps(environmentOf(redis, options)).catch(async (error: unknown) => {
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
      throw error;
    });
    const haproxy = spawn(program, ['-f', CONFIG, '-db'], {
      env: { BIND: `127.0.0.1:${port}`, CERTIFICATE: file, ...addressesOf(apps) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const site = new BalancedSite(port, certificate, redis, apps, haproxy, folder);
    const keep = (chunk: Buffer) => (site.haproxyOutput += chunk.toString());
    haproxy.stdout.on('data', keep);
    haproxy.stderr.on('data', keep);
    try {
      await until('haproxy that passes requests', READY_WITHIN_MS, () => site.isReady());
    } catch (error) {
      await site.stop();
      throw new Error(`haproxy did not become ready:\n${site.haproxyOutput}`, { cause: error });
    }
    return site;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Replaces one process after another, each when the one before serves again. */
  async restartInTurn(): Promise<void> {
    for (const app of this.apps) {
      await app.replace();
      await wait(BACK_AFTER_MS);
    }
  }

  async stop(): Promise<void> {
    if (this.haproxy.exitCode === null && this.haproxy.signalCode === null) {
      const exited = once(this.haproxy, 'exit');
      this.haproxy.kill('SIGTERM');
      await exited;
    }
    await Promise.all(this.apps.map((app) => app.stop()));
    await this.redis.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private isReady(): Promise<boolean> {
    return new Promise((resolve) => {
      const options = {
        port: this.port,
        host: '127.0.0.1',
        path: '/ready',
        ca: this.certificate.certificate,
      };
      const call = request({ ...options, agent: new Agent({ keepAlive: false }) }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      call.on('error', () => resolve(false));
      call.end();
    });
  }
}

/** Starts the processes of the demo, all or none. */
async function startApps(env: Readonly<Record<string, string>>): Promise<AppProcess[]> {
  const starts = await Promise.allSettled(Array.from({ length: PROCESSES }, () => AppProcess.start(env)));
  const apps = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const failure = starts.find((start) => start.status === 'rejected');
  if (!failure) return apps;
  await Promise.all(apps.map((app) => app.stop()));
  throw failure.reason;
}

function environmentOf(
  { target }: SentinelTopology,
  { drainMs = DRAIN_MS }: BalancedSiteOptions,
): Record<string, string> {
  return {
    REDIS_SENTINELS: target.sentinels.map(({ host, port }) => `${host}:${port}`).join(','),
    REDIS_MASTER: target.name,
    TRUST_PROXY: 'loopback',
    DRAIN_MS: String(drainMs),
    SESSION_DEADLINE: '2s', // a machine that runs everything at once is slow
    DEMO_LAB: 'off',
    DEMO_USERS: '100',
  };
}

function addressesOf(apps: readonly AppProcess[]): Record<string, string> {
  return Object.fromEntries(apps.map(({ port }, index) => [`APP_${index + 1}`, `127.0.0.1:${port}`]));
}

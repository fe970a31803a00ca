import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../../scripts/redis-server.mjs';
import { until } from '../../support/until.js';

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 60_000;
const SCRAPE_INTERVAL = '1s';
const RULES = join(import.meta.dirname, '../../../ops/prometheus/alerts.yml');
export const JOB = 'demo';

/** A series in a response: its labels, and its values by time in seconds. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

interface Response<Data> {
  readonly status: 'success' | 'error';
  readonly error?: string;
  readonly data: Data;
}

/** A real Prometheus on the loopback address that scrapes targets every second, with the rules of this repository. */
export class PrometheusServer {
  private output = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly url: string,
  ) {
    const keep = (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-4_000));
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  /** @param program the path of the server's program */
  static async start(program: string, targets: readonly string[]): Promise<PrometheusServer> {
    const folder = await mkdtemp(join(tmpdir(), 'session-prometheus-'));
    const config = {
      global: { scrape_interval: SCRAPE_INTERVAL, evaluation_interval: SCRAPE_INTERVAL },
      rule_files: [RULES],
      scrape_configs: [{ job_name: JOB, static_configs: [{ targets }] }],
    };
    await writeFile(join(folder, 'prometheus.yml'), stringify(config));
    const address = `${HOST}:${await freePort()}`;
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const server = new PrometheusServer(child, folder, `http://${address}`);
    try {
      await until('a Prometheus that is ready', READY_WITHIN_MS, () => server.isReady());
      return server;
    } catch (error) {
      await server.stop();
      throw new Error(`Prometheus did not start:\n${server.output}`, { cause: error });
    }
  }

  /** Returns the value of each series of an expression now. */
  async query(expression: string): Promise<{ readonly metric: Series['metric']; readonly value: number }[]> {
    const { result } = await this.get<{
      readonly result: readonly {
        readonly metric: Series['metric'];
        readonly value: readonly [number, string];
      }[];
    }>('query', { query: expression });
    return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
  }

  /** Returns the values of each series of an expression between two times, in seconds. */
  async queryRange(expression: string, start: number, end: number, step: number): Promise<readonly Series[]> {
    const range = { start: String(start), end: String(end), step: String(step) };
    const { result } = await this.get<{ readonly result: readonly Series[] }>('query_range', {
      query: expression,
      ...range,
    });
    return result;
  }

  /** Returns the names of all metrics. */
  async metricNames(): Promise<readonly string[]> {
    return this.get<readonly string[]>('label/__name__/values', {});
  }

  async stop(): Promise<void> {
    const { child, folder } = this;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  }

  private async isReady(): Promise<boolean> {
    return (await fetch(`${this.url}/-/ready`)).ok;
  }

  private async get<Data>(path: string, query: Readonly<Record<string, string>>): Promise<Data> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(query).toString()}`);
    const { status, data, error } = (await response.json()) as Response<Data>;
    if (status !== 'success') throw new Error(`${query['query'] ?? path}: ${error}`);
    return data;
  }
}

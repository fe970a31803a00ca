import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/redis-server.js';
import { until } from '../../support/until.js';

const MAIN = fileURLToPath(new URL('../../../apps/demo/dist/main.js', import.meta.url));
const READY_WITHIN_MS = 30_000;

/** A process of the demo on a port that stays the same when the process is replaced. */
export class AppProcess {
  private child: ChildProcess | null = null;
  private output = '';

  private constructor(
    readonly port: number,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async start(env: Readonly<Record<string, string>>): Promise<AppProcess> {
    const app = new AppProcess(await freePort(), env);
    await app.begin();
    return app;
  }

  /** Stops the process as a deployment does, and starts another one. */
  async replace(): Promise<void> {
    await this.stop();
    await this.begin();
  }

  /** Sends SIGTERM and waits for the exit. */
  async stop(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }

  private async begin(): Promise<void> {
    const env = { PATH: process.env['PATH'] ?? '', ...this.env, PORT: String(this.port) };
    this.child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.output = '';
    const keep = (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-4_000));
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    try {
      await until('a process that is ready', READY_WITHIN_MS, () => this.isReady());
    } catch (error) {
      await this.stop();
      throw new Error(`The demo on port ${this.port} did not become ready:\n${this.output}`, {
        cause: error,
      });
    }
  }

  private isReady(): Promise<boolean> {
    return new Promise((resolve) => {
      const request = get(
        { host: '127.0.0.1', port: this.port, path: '/ready', agent: false },
        (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        },
      );
      request.on('error', () => resolve(false));
    });
  }
}

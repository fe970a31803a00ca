import { jest } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Sightings } from '../../support/client.js';

export type Platform = 'express' | 'fastify';
export const PLATFORMS: readonly Platform[] = ['express', 'fastify'];

/** The environment variables of the demo beside `PORT`, which is any free port. */
export type DemoEnvironment = Readonly<Record<string, string>>;

const MAIN = fileURLToPath(new URL('../../../apps/demo/dist/main.js', import.meta.url));
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;
const ADDRESS = /http:\/\/127\.0\.0\.1:(\d+)/;

// On a busy machine, processes take long to start.
jest.setTimeout(60_000);

/** Runs the built demo in its own process. */
export class DemoProcess {
  /** The output so far. */
  output = '';
  private static readonly running = new Set<DemoProcess>();
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;

  private constructor(
    env: DemoEnvironment,
    private readonly seen: Sightings,
  ) {
    const PATH = process.env['PATH'] ?? '';
    this.child = spawn(process.execPath, [MAIN], {
      // Tests count the commands that Redis receives, so no figures are sampled in between.
      env: { PATH, PORT: '0', DEMO_SAMPLING: 'off', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => (this.output += chunk.toString());
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.closed = once(this.child, 'close').finally(() => DemoProcess.running.delete(this));
    DemoProcess.running.add(this);
  }

  /** Starts the demo and waits until it has printed its address. */
  static async start(env: DemoEnvironment = {}, seen = new Sightings()): Promise<DemoProcess> {
    const demo = new DemoProcess(env, seen);
    try {
      await demo.printed('To stop it');
      return demo;
    } catch (error) {
      await demo.end();
      throw error;
    }
  }

  /** Spawns a demo without waiting for it. */
  static launch(env: DemoEnvironment): DemoProcess {
    return new DemoProcess(env, new Sightings());
  }

  /** Waits until the process exits by itself. @returns the exit code */
  async ended(): Promise<number | null> {
    await Promise.race([this.closed, delay(START_TIMEOUT_MS, null, { ref: false })]);
    const { exitCode } = this.child;
    await this.end();
    return exitCode;
  }

  /** Stops the processes that a failed test has left running. */
  static async endAll(): Promise<void> {
    await Promise.all([...DemoProcess.running].map((demo) => demo.end()));
  }

  get port(): number {
    return Number(ADDRESS.exec(this.output)?.[1]);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Returns a client of this process, optionally with a cookie from another process. */
  client(cookie: string | null = null): Client {
    const client = new Client({ host: '127.0.0.1', port: this.port }, this.seen);
    client.cookie = cookie;
    client.site = 'same-origin';
    return client;
  }

  /** Sends a body unchanged, even if it is not JSON. */
  async sendText(method: string, path: string, body: string): Promise<{ status: number; body: unknown }> {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, { method, body, headers });
    const text = await response.text();
    this.seen.texts.push(text);
    expect(response.headers.getSetCookie()).toEqual([]);
    return { status: response.status, body: JSON.parse(text) as unknown };
  }

  /** Waits for a text in the output. */
  async printed(text: string): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!this.output.includes(text)) {
      if (this.hasEnded) throw new Error(`The demo has ended:\n${this.output}`);
      if (Date.now() > deadline) throw new Error(`The demo did not print "${text}":\n${this.output}`);
      await delay(10);
    }
  }

  /** Sends a signal and waits for the exit. @returns the exit code */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    await this.closed;
    return this.child.exitCode;
  }

  /** Stops the process in any state, with SIGTERM first so that the demo can stop its Redis server. */
  private async end(): Promise<void> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.stop();
    clearTimeout(timer);
  }
}

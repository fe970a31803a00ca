import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Incident } from './history.js';
import { instant } from './history.js';
import type { Command, FromWorker, Reply, WorkerSettings } from './protocol.js';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const TYPESCRIPT = new URL('../support/typescript.mjs', import.meta.url).href;
const READY_WITHIN_MS = 20_000;
/** Many times what the calls of one request may take together. */
const REPLY_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 5_000;

/** A worker process as its parent has it. One that dies is started again. */
export class WorkerProcess {
  private child: ChildProcess | null = null;
  private isWanted = true;
  private readonly waiting = new Map<number, (reply: Reply | null) => void>();

  private constructor(
    private readonly settings: WorkerSettings,
    private readonly report: (incident: Incident) => void,
  ) {}

  static async start(settings: WorkerSettings, report: (incident: Incident) => void): Promise<WorkerProcess> {
    const worker = new WorkerProcess(settings, report);
    await worker.launch();
    return worker;
  }

  /** Runs a request. `null`: the outcome is unknown, because the process was killed or does not answer. */
  perform(command: Command): Promise<Reply | null> {
    const { child } = this;
    if (!child) return Promise.resolve({ request: command.request, steps: [] });
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.incident('unsettled', `request ${command.request} (${command.act.do}) was never answered`);
        settle(null);
      }, REPLY_WITHIN_MS);
      const settle = (reply: Reply | null) => {
        clearTimeout(timer);
        this.waiting.delete(command.request);
        resolve(reply);
      };
      this.waiting.set(command.request, settle);
      child.send(command);
    });
  }

  /** Kills the process as a crash would, and starts another. */
  async crash(): Promise<void> {
    const { child } = this;
    if (!child) return;
    this.child = null;
    child.kill('SIGKILL');
    await once(child, 'exit');
    await this.launch();
  }

  /** Ends the process as a deployment would. */
  async stop(): Promise<void> {
    const { child } = this;
    this.isWanted = false;
    if (!child || child.exitCode !== null) return;
    const exited = once(child, 'exit').then(([code]) => code as number | null);
    child.send('stop');
    const timer = new AbortController();
    const late = delay(STOP_WITHIN_MS, 'late' as const, { signal: timer.signal }).catch(
      () => 'late' as const,
    );
    const code = await Promise.race([exited, late]);
    timer.abort();
    if (code === 'late') this.incident('unsettled', 'a worker did not end on request');
    else if (code !== 0) this.incident('exit', `a worker ended with code ${code}`);
    child.kill('SIGKILL');
  }

  /** Ends the process at once, whatever it does. */
  kill(): void {
    this.isWanted = false;
    this.child?.kill('SIGKILL');
  }

  private async launch(): Promise<void> {
    const child = fork(WORKER, [JSON.stringify(this.settings)], {
      execArgv: ['--import', TYPESCRIPT, '--enable-source-maps'],
      env: { PATH: process.env['PATH'] },
    });
    await this.untilReady(child);
    this.child = child;
    child.on('exit', (code, signal) => this.hasExited(child, `${code ?? signal}`));
  }

  private async untilReady(child: ChildProcess): Promise<void> {
    child.on('message', (message) => this.receive(message as FromWorker));
    const ready = new Promise<void>((resolve, reject) => {
      child.once('message', (message: FromWorker) => {
        if (message.kind === 'ready') resolve();
        else reject(new Error(`A worker did not start: ${JSON.stringify(message)}`));
      });
      child.once('exit', (code) =>
        reject(new Error(`A worker ended with code ${code} when it was started.`)),
      );
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), READY_WITHIN_MS);
    await ready.finally(() => clearTimeout(timer));
  }

  private receive(message: FromWorker): void {
    if (message.kind === 'incident') this.report(message.incident);
    if (message.kind === 'reply') this.waiting.get(message.reply.request)?.(message.reply);
  }

  private hasExited(child: ChildProcess, how: string): void {
    for (const settle of [...this.waiting.values()]) settle(null);
    if (this.child !== child || !this.isWanted) return;
    this.child = null;
    this.incident('exit', `a worker ended by itself: ${how}`);
  }

  private incident(kind: Incident['kind'], text: string): void {
    this.report({ kind, at: instant(), text });
  }
}

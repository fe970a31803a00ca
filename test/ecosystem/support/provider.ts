import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../../..');

/** An identity provider in a process of its own. */
export class ProviderProcess {
  private constructor(
    /** Address of the provider. */
    readonly url: string,
    private readonly child: ReturnType<typeof spawn>,
  ) {}

  /** Starts a program of `providers/`, which prints its address and lives as long as its standard input. */
  static async start(name: string, env: Readonly<Record<string, string>> = {}): Promise<ProviderProcess> {
    const child = spawn(
      process.execPath,
      [
        '--import',
        join(ROOT, 'test/support/typescript.mjs'),
        join(import.meta.dirname, `../providers/${name}.ts`),
      ],
      { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '', ...env } },
    );
    const complaints: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()));
    const exit = once(child, 'exit').then(() => {
      throw new Error(`The provider ${name} did not start:\n${complaints.join('')}`);
    });
    const [url] = (await Promise.race([once(createInterface(child.stdout), 'line'), exit])) as [string];
    exit.catch(() => undefined);
    return new ProviderProcess(url, child);
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.stdin?.end();
    await exit;
  }
}

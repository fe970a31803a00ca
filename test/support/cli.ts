import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const PROGRAM = join(import.meta.dirname, '../../libs/cli/dist/main.js');

/** The outcome of a run of the built command `nestjs-session`. */
export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command in a process of its own, without this process' variables for Redis. */
export function runCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliRun> {
  if (!existsSync(PROGRAM)) throw new Error('Build it first: npm run build -- cli');
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(REDIS_|SESSION_|NODE_OPTIONS)/.test(name),
  );
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

/** Runs the built command with `--json`, and returns its exit code and the printed object. */
export async function runCliJson<T>(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; data: T }> {
  const { code, stdout, stderr } = await runCli([...args, '--json'], env);
  try {
    return { code, data: JSON.parse(stdout) as T };
  } catch {
    throw new Error(`expected JSON, received:\n${stdout}\n${stderr}`);
  }
}

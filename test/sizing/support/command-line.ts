import { PassThrough } from 'node:stream';
import { runProgram } from '../../../libs/cli/src/program.js';

/** The output of a command. */
export interface Output {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command `nestjs-session` with these arguments, without a terminal. */
export async function runCommand(...args: string[]): Promise<Output> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const surroundings = { stdin, stdout, stderr, env: {} } as unknown as Parameters<typeof runProgram>[1];
  const exitCode = await runProgram(args, surroundings);
  return { exitCode, stdout: textOf(stdout), stderr: textOf(stderr) };
}

function textOf(stream: PassThrough): string {
  return (stream.read() as Buffer | null)?.toString() ?? '';
}

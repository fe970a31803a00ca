import { createInterface } from 'node:readline/promises';
import { usageFailure } from '../failure.js';

/** The streams of the program. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Asks a question on the terminal, and returns true if the answer is `yes`. */
export async function confirm({ stdin, stderr }: Terminal, question: string): Promise<boolean> {
  if (!stdin.isTTY) {
    throw usageFailure(
      `${question} There is no terminal to answer on: repeat the command with --yes, or with --dry-run first.`,
    );
  }
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await lines.question(`${question} Type "yes" to continue: `);
    return answer.trim().toLowerCase() === 'yes';
  } finally {
    lines.close();
  }
}

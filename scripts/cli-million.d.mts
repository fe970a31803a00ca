/** The figures of one command. */
export interface LargeRun {
  readonly command: string;
  readonly code: number;
  /** The JSON that the command has printed. */
  readonly output: string;
  readonly slowestMs: number;
  /** The number of calls of each command of Redis. */
  readonly calls: Readonly<Record<string, number>>;
}

export function runLarge(sessions: number, report: (line: string) => void): Promise<LargeRun[]>;

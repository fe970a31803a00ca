import { Logger, type LoggerService } from '@nestjs/common';

export interface LogLine {
  readonly level: 'log' | 'error' | 'warn' | 'debug' | 'verbose' | 'fatal';
  readonly message: string;
  /** All that was given to the logger, as text. */
  readonly text: string;
}

/** Keeps what an application logs, in place of printing it. */
export class LogBook implements LoggerService {
  readonly lines: LogLine[] = [];
  private mark = 0;

  log = this.writer('log');
  error = this.writer('error');
  warn = this.writer('warn');
  debug = this.writer('debug');
  verbose = this.writer('verbose');
  fatal = this.writer('fatal');

  /** Forgets the past for {@link recent}. */
  turnPage(): void {
    this.mark = this.lines.length;
  }

  /** Returns the messages of some levels since the last {@link turnPage}. */
  recent(...levels: LogLine['level'][]): string[] {
    return this.lines
      .slice(this.mark)
      .filter(({ level }) => levels.includes(level))
      .map(({ message }) => message);
  }

  /** Warnings and errors since the last {@link turnPage}. */
  get troubles(): string[] {
    return this.recent('warn', 'error', 'fatal');
  }

  private writer(level: LogLine['level']) {
    return (...values: unknown[]) => {
      const [message, ...rest] = values.map(asText);
      this.lines.push({ level, message: message ?? '', text: [message, ...rest].join('\n') });
    };
  }
}

function asText(value: unknown): string {
  if (value instanceof Error) return `${value.message}\n${value.stack ?? ''}`;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}

/** The log of all applications of a test file. */
export const log = new LogBook();
Logger.overrideLogger(log);
beforeEach(() => log.turnPage());

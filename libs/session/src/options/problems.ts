import { SessionOptionsError } from '../core/errors.js';
import { shown } from '../core/shown.js';

/** Collects what is wrong with options, so that one error names all of it. */
export class Problems {
  private readonly lines: string[] = [];
  private readonly paths = new Set<string>();

  /**
   * @param path the option, such as `limit.max`
   * @param sentence what was expected, what was received and what to do
   */
  add(path: string, sentence: string): void {
    this.paths.add(path);
    this.lines.push(`\n- ${shown(path)}: ${sentence}`);
  }

  /** Whether one of these options has a problem, so that combinations with it say nothing new. */
  concern(...paths: readonly string[]): boolean {
    return paths.some((path) => this.paths.has(path));
  }

  /**
   * @param subject what the options are for, such as `session`
   * @throws SessionOptionsError that names every problem
   */
  throwIfAny(subject: string): void {
    if (this.lines.length > 0)
      throw new SessionOptionsError(`Wrong ${subject} options:${this.lines.join('')}`);
  }
}

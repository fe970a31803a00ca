import { SessionOptionsError } from '../core/errors/errors.js';
import { shown } from '../core/errors/shown.js';

/** A wrong option. */
export interface SessionOptionsProblem {
  /** Path of the option, such as `limit.max`. */
  readonly option: string;
  /** The expected and the received value, and a remedy. */
  readonly message: string;
}

/** Collects the problems of options, so that one error names all of them. */
export class Problems {
  readonly list: SessionOptionsProblem[] = [];

  add(option: string, message: string): void {
    this.list.push({ option, message });
  }

  /** Returns true if one of these options has a problem, so that combinations with it add nothing. */
  concern(...options: readonly string[]): boolean {
    return this.list.some(({ option }) => options.includes(option));
  }

  /**
   * @param subject what the options are for, such as `session`
   * @throws SessionOptionsError that names every problem
   */
  throwIfAny(subject: string): void {
    if (this.list.length === 0) return;
    const lines = this.list.map(({ option, message }) => `\n- ${shown(option)}: ${message}`);
    throw new SessionOptionsError(`Wrong ${subject} options:${lines.join('')}`);
  }
}

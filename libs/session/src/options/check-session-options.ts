import type { SessionOptionsProblem } from './problems.js';
import { Problems } from './problems.js';
import { checkIsOptions, resolveAll } from './resolve.js';
import type { SessionModuleOptions } from './session-module-options.js';

/**
 * Checks options by the rules of a start, without connecting to Redis, so that an application can validate its own
 * configuration early. The data class is checked at start only.
 *
 * @returns every wrong option, and every combination that cannot work or has no effect
 */
export function checkSessionOptions(options: SessionModuleOptions): readonly SessionOptionsProblem[] {
  checkIsOptions(options);
  const problems = new Problems();
  resolveAll(problems, options, () => []);
  return problems.list;
}

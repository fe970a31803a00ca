import { loadOptional } from '../core/runtime/optional-package.js';
import type * as classRules from './class.rules.js';

/** The code that checks session data by a data class. */
export type ClassRulesModule = typeof classRules;

/**
 * Loads the code that checks session data by a data class, and with it class-validator and class-transformer, which only
 * an application with a data class installs.
 *
 * @throws MissingPackageError if one of them is not installed
 */
export function loadClassRules(): Promise<ClassRulesModule> {
  return loadOptional(['class-validator', 'class-transformer'], () => import('./class.rules.js'));
}

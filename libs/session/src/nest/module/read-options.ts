import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { MissingPackageError } from '../../core/runtime/optional-package.js';
import { loadClassRules } from '../../data/load-class-rules.js';
import type { DataClassCheck } from '../../options/data-options.js';
import type { ResolvedOptions } from '../../options/resolve.js';
import { resolveOptions } from '../../options/resolve.js';
import type { SessionModuleOptions } from '../../options/session-module-options.js';
import { checkIsSingle } from './single-module.js';

const logger = new Logger('SessionModule');

/** Checks the options before anything is opened, and logs warnings about them. */
export async function readOptions(
  modules: ModulesContainer,
  raw: SessionModuleOptions,
): Promise<ResolvedOptions> {
  checkIsSingle(modules);
  const options = resolveOptions(raw, await dataClassCheck(raw));
  for (const warning of options.warnings) logger.warn(warning);
  return options;
}

/** Returns the check of the data class, and loads what it needs only if there is such a class. */
async function dataClassCheck(raw: SessionModuleOptions | null | undefined): Promise<DataClassCheck> {
  if (typeof raw?.data?.class !== 'function') return () => [];
  try {
    return (await loadClassRules()).problemsOfDataClass;
  } catch (error) {
    if (!(error instanceof MissingPackageError)) throw error;
    return () => [error.message];
  }
}

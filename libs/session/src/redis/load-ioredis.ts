import type * as ioredis from 'ioredis';
import { SessionOptionsError } from '../core/errors/errors.js';
import { loadOptional, MissingPackageError } from '../core/runtime/optional-package.js';

/** The part of the package ioredis that is used as a value. */
export type Ioredis = Pick<typeof ioredis, 'Redis' | 'Cluster'>;

/**
 * Loads ioredis, which only an application that keeps sessions in Redis installs.
 *
 * @throws SessionOptionsError if ioredis is not installed
 */
export async function loadIoredis(): Promise<Ioredis> {
  try {
    return await loadOptional(['ioredis'], () => import('ioredis'));
  } catch (error) {
    if (!(error instanceof MissingPackageError)) throw error;
    throw new SessionOptionsError(`redis: ${error.message}`, { cause: error });
  }
}

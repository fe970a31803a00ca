import type { LoggerService } from '@nestjs/common';
import { SessionUnavailableError } from '../core/errors.js';

/**
 * Tells the log of an error whose client is told nothing of it. An outage is told when it begins and when it ends, and
 * not once more for each request that was not even tried.
 */
export function report(logger: Pick<LoggerService, 'error' | 'warn'>, error: unknown): void {
  if (!(error instanceof Error)) return void logger.error(String(error));
  if (!(error instanceof SessionUnavailableError)) return void logger.error(error.message, error.stack);
  // Where it was thrown says nothing: always at the one place that calls the store.
  if (error.wasAsked) logger.error(error.message);
}

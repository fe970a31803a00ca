import type { LoggerService } from '@nestjs/common';
import { detailOf, SessionError, SessionUnavailableError } from '../core/errors.js';
import { shownSentence } from '../core/shown.js';

/**
 * Tells the log of an error whose client is told nothing of it. An outage is told when it begins and when it ends, and
 * not once more for each request that was not even tried.
 */
export function report(logger: Pick<LoggerService, 'error' | 'warn'>, error: unknown): void {
  if (!(error instanceof Error)) return void logger.error(shownSentence(error));
  if (!(error instanceof SessionUnavailableError)) return void logger.error(messageOf(error), stackOf(error));
  // Where it was thrown says nothing: always at the one place that calls the store.
  if (error.wasAsked) logger.error(error.detail);
}

/** Our own messages show nothing of others as it came. */
function messageOf(error: Error): string {
  return error instanceof SessionError ? detailOf(error) : shownSentence(error.message);
}

/** A stack begins with the message, which may have several lines. */
function stackOf(error: Error): string | undefined {
  return error.stack?.replace(error.message, () => messageOf(error));
}

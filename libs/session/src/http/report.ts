import { detailOf, SessionError, SessionUnavailableError } from '../core/errors/errors.js';
import { shownSentence } from '../core/errors/shown.js';

/** A log for errors, such as Nest's `Logger`. */
export interface ErrorLog {
  error(message: string, stack?: string): void;
}

/**
 * Logs an error that is hidden from the client. An outage is logged when it begins and when it ends, but not for each
 * request that the open circuit breaker rejects.
 */
export function report(logger: ErrorLog, error: unknown): void {
  if (!(error instanceof Error)) return void logger.error(shownSentence(error));
  if (!(error instanceof SessionUnavailableError)) return void logger.error(messageOf(error), stackOf(error));
  // The stack is of no use, because all of these errors are thrown at the one place that calls the store.
  if (error.wasAsked) logger.error(error.detail);
}

/** Returns the message, with control characters escaped. Messages of this package have none. */
function messageOf(error: Error): string {
  return error instanceof SessionError ? detailOf(error) : shownSentence(error.message);
}

/** Returns the stack, which begins with the message, which may have several lines. */
function stackOf(error: Error): string | undefined {
  return error.stack?.replace(error.message, () => messageOf(error));
}

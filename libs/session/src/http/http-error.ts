import { STATUS_CODES } from 'node:http';
import {
  SessionDataError,
  SessionEndedError,
  SessionError,
  SessionLimitError,
  SessionUnavailableError,
} from '../core/errors.js';
import type { SessionEnd } from '../core/store.js';
import { describeSession } from '../session.info.js';

/** An error as a client sees it. */
export interface HttpError {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

const RETRY_AFTER_SECONDS = '1';

/** What a client is told about an error. Nothing of servers and addresses, and never a token. */
export function toHttpError(error: unknown): HttpError {
  if (!(error instanceof SessionError)) return answer(500, 'Internal server error');
  if (error instanceof SessionLimitError) {
    return answer(409, error.message, { max: error.max, sessions: error.live.map(describeSession) });
  }
  if (error instanceof SessionEndedError) return answer(401, error.message, describeEnd(error.end));
  if (error instanceof SessionDataError) return answer(400, error.message, { problems: error.problems });
  if (error instanceof SessionUnavailableError) {
    const body = answer(503, 'Sessions are unavailable at the moment. Try again.');
    return { ...body, headers: { 'retry-after': RETRY_AFTER_SECONDS } };
  }
  return answer(error.statusCode, error.expose ? error.message : 'Internal server error');
}

/** Why a session is gone, as a client sees it. */
export function describeEnd({ reason, at, by }: SessionEnd): object {
  return { reason, ...(at !== null && { at: new Date(at).toISOString() }), ...(by && { by }) };
}

function answer(statusCode: number, message: string, details: object = {}): HttpError {
  return {
    statusCode,
    headers: {},
    body: { statusCode, message, error: STATUS_CODES[statusCode], ...details },
  };
}

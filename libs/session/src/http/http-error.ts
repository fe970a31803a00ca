import { STATUS_CODES } from 'node:http';
import { isSessionError } from '../core/errors.js';

/** An error as a client sees it. */
export interface HttpError {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** Returns what a client is answered. */
export function toHttpError(error: unknown): HttpError {
  if (isSessionError(error)) {
    return { statusCode: error.statusCode, headers: error.headers, body: error.getResponse() };
  }
  const body = { statusCode: 500, message: 'Internal server error', error: STATUS_CODES[500] };
  return { statusCode: 500, headers: {}, body };
}

import { STATUS_CODES } from 'node:http';
import { isSessionError } from '../core/errors/errors.js';

/** An error response. */
export interface HttpError {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** Returns the response for an error. */
export function toHttpError(error: unknown): HttpError {
  if (isSessionError(error)) {
    return { statusCode: error.statusCode, headers: error.headers, body: error.getResponse() };
  }
  const body = { statusCode: 500, message: 'Internal server error', error: STATUS_CODES[500] };
  return { statusCode: 500, headers: {}, body };
}

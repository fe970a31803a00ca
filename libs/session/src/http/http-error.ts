import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import {
  isSessionError,
  SessionConflictError,
  SessionCookiesError,
  SessionDataError,
  SessionEndedError,
  SessionError,
  SessionLimitError,
  SessionSizeError,
  SessionUnavailableError,
} from '../core/errors.js';

/**
 * Makes the errors that answer a client exceptions of Nest, so that a filter of the application which looks for
 * `HttpException` answers them as it answers Nest's own. The core does not import Nest, so their prototypes get
 * `HttpException` in between here. Mistakes of the application (500) stay plain errors: what a filter does not know, it
 * logs.
 */
const ANSWERS = [
  SessionConflictError,
  SessionCookiesError,
  SessionDataError,
  SessionEndedError,
  SessionLimitError,
  SessionSizeError,
  SessionUnavailableError,
];
const answerPrototype = Object.create(
  HttpException.prototype,
  Object.getOwnPropertyDescriptors(SessionError.prototype),
) as object;
for (const { prototype } of ANSWERS) Object.setPrototypeOf(prototype, answerPrototype);

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

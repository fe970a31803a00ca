import { HttpException } from '@nestjs/common';
import {
  SessionConflictError,
  SessionCookiesError,
  SessionDataError,
  SessionEndedError,
  SessionError,
  SessionLimitError,
  SessionSizeError,
  SessionUnavailableError,
} from '../core/errors/errors.js';

const ANSWERS = [
  SessionConflictError,
  SessionCookiesError,
  SessionDataError,
  SessionEndedError,
  SessionLimitError,
  SessionSizeError,
  SessionUnavailableError,
];

let isDone = false;

/**
 * Makes the errors that are sent to clients instances of Nest's `HttpException`, so that a filter of the application for
 * `HttpException` handles them like Nest's own. The core does not import Nest, so their prototype chain is extended here.
 * Mistakes of the application (500) stay plain errors, because Nest logs errors that no filter handles.
 */
export function makeHttpExceptions(): void {
  if (isDone) return;
  isDone = true;
  const answerPrototype = Object.create(
    HttpException.prototype,
    Object.getOwnPropertyDescriptors(SessionError.prototype),
  ) as object;
  for (const { prototype } of ANSWERS) Object.setPrototypeOf(prototype, answerPrototype);
}

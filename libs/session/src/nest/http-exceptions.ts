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
 * Makes the errors that answer a client exceptions of Nest, so that a filter of the application that looks for
 * `HttpException` answers these errors as it answers Nest's own. The core does not import Nest, so `HttpException` is
 * put between their prototypes here. Mistakes of the application (500) stay plain errors: Nest logs what no filter
 * knows.
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

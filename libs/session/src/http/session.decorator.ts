import type { ExecutionContext, PipeTransform, Type } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { Session as SessionType, SessionData } from '../core/session.js';
import type { RequestWithSession } from './request.js';

/**
 * Injects the session of the request into a handler's parameter.
 *
 * @example
 * add(@Session() session: Session<{ cart: string[] }>) { ... }
 *
 * @throws SessionUnavailableError (503) when the store did not answer
 */
export const Session: (...pipes: (Type<PipeTransform> | PipeTransform)[]) => ParameterDecorator =
  createParamDecorator(
    (_data: undefined, context: ExecutionContext) =>
      context.switchToHttp().getRequest<RequestWithSession>().session,
  );

/** A session as a request handler sees it. */
export type Session<Data extends object = SessionData> = SessionType<Data>;

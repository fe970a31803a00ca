import type { PipeTransform, Type } from '@nestjs/common';
import type { Session as SessionType, SessionData } from '../../core/session.js';
import { createSessionParamDecorator } from './param-decorator.js';
import { sessionOf } from '../../http/request.js';
import { requestOf } from '../execution-context.js';

/**
 * Injects the session of the request into a handler's parameter, also in GraphQL resolvers. Pipes for all handlers
 * leave it alone.
 *
 * @example
 * add(@Session() session: Session<{ cart: string[] }>) { ... }
 *
 * @throws SessionUnavailableError (503) when the store did not answer
 */
export const Session: (...pipes: (Type<PipeTransform> | PipeTransform)[]) => ParameterDecorator =
  createSessionParamDecorator((_data: undefined, context) => sessionOf(requestOf(context, '@Session()')));

/** A session as a request handler sees it. */
export type Session<Data extends object = SessionData> = SessionType<Data>;

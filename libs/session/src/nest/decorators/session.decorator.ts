import type { PipeTransform, Type } from '@nestjs/common';
import type { Session as SessionType, SessionData } from '../../core/session/session.js';
import { createSessionParamDecorator } from './param-decorator.js';
import { sessionIn } from '../execution-context.js';

/**
 * Injects the session of the request into a handler's parameter, also in GraphQL resolvers, and loads it first if nothing
 * has. Global pipes are not applied to it.
 *
 * @example
 * add(@Session() session: Session<{ cart: string[] }>) { ... }
 *
 * @throws SessionUnavailableError (503) when the store is unavailable
 */
export const Session: (...pipes: (Type<PipeTransform> | PipeTransform)[]) => ParameterDecorator =
  createSessionParamDecorator((_data: undefined, context) => {
    const holder = sessionIn(context, '@Session()');
    // Nest awaits the values of parameters.
    return holder.whenLoaded(() => holder.session);
  });

/** A session as a request handler sees it. */
export type Session<Data extends object = SessionData> = SessionType<Data>;

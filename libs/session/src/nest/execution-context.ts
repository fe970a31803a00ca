import type { ExecutionContext } from '@nestjs/common';
import { SessionUsageError } from '../core/errors/errors.js';
import type { RequestSession } from '../http/request-session.js';
import { findRequestSession, requestSessionOf } from '../http/request-session.js';

/** The context of a GraphQL resolver. Apollo and Yoga keep the HTTP request in `req`, Mercurius behind `reply`. */
interface GraphqlContext {
  readonly req?: object;
  readonly request?: object;
  readonly reply?: { readonly request?: object };
}

/**
 * Returns the HTTP request of an execution context, which may be that of a GraphQL resolver.
 *
 * @param consumer the guard or decorator that needs the request, for the message
 * @param remedy how to solve it, as a sentence
 * @throws SessionUsageError when there is none, as in a message handler
 */
export function requestOf(context: ExecutionContext, consumer: string, remedy = REMEDY): object {
  const request = findRequest(context);
  if (request) return request;
  throw new SessionUsageError(
    `${consumer} needs an HTTP request with a session, but was used in a handler of "${context.getType<string>()}" that ` +
      `has none. ${remedy}`,
  );
}

/** Returns the session of an execution context. @throws SessionUsageError when there is none */
export function sessionIn(context: ExecutionContext, consumer: string): RequestSession {
  return requestSessionOf(requestOf(context, consumer));
}

/** Returns the session of an execution context; `null` if there is none, as in a message handler. */
export function findSessionIn(context: ExecutionContext): RequestSession | null {
  const request = findRequest(context);
  return request && findRequestSession(request);
}

const REMEDY =
  'Leave it out there. In GraphQL, queries and mutations over HTTP have the request in "context.req", and ' +
  'subscriptions have none.';

/** Returns the HTTP request of an execution context; `null` if it has none. */
export function findRequest(context: ExecutionContext): object | null {
  switch (context.getType<string>()) {
    case 'http':
      return context.switchToHttp().getRequest<object>();
    case 'graphql':
      return requestOfResolver(context);
    default:
      return null;
  }
}

/** Returns the request of a resolver, which is called with (parent, arguments, context, info), or without arguments. */
function requestOfResolver(context: ExecutionContext): object | null {
  const { req, request, reply } = (context.getArgs<unknown[]>().at(-2) ?? {}) as GraphqlContext;
  const found = req ?? request ?? reply?.request;
  return found && findRequestSession(found) ? found : null;
}

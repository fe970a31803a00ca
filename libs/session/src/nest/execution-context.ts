import type { ExecutionContext } from '@nestjs/common';
import { SessionUsageError } from '../core/errors.js';
import { hasSession } from '../http/request.js';

/** Where GraphQL servers keep the HTTP request: Apollo and Yoga in `req`, Mercurius behind `reply`. */
interface GraphqlContext {
  readonly req?: object;
  readonly request?: object;
  readonly reply?: { readonly request?: object };
}

/**
 * Returns the HTTP request behind an execution context, also behind a GraphQL resolver.
 *
 * @param asker what needs the request, for the message
 * @param remedy what to do about it, as a sentence
 * @throws SessionUsageError where there is none, as in a handler of messages
 */
export function requestOf(context: ExecutionContext, asker: string, remedy = REMEDY): object {
  const type = context.getType<string>();
  if (type === 'http') return context.switchToHttp().getRequest();
  const request = type === 'graphql' ? requestOfResolver(context) : undefined;
  if (request && hasSession(request)) return request;
  throw new SessionUsageError(
    `${asker} needs an HTTP request with a session, but was used in a handler of "${type}" that has none. ${remedy}`,
  );
}

const REMEDY =
  'Leave it out there. In GraphQL, queries and mutations over HTTP have the request in "context.req", and ' +
  'subscriptions have none.';

/** A resolver is called with (parent, arguments, context, info), a resolver of references without arguments. */
function requestOfResolver(context: ExecutionContext): object | undefined {
  const { req, request, reply } = (context.getArgs<unknown[]>().at(-2) ?? {}) as GraphqlContext;
  return req ?? request ?? reply?.request;
}

import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { RequestSession } from '../../http/request-session.js';
import { IS_FRESH } from '../decorators/fresh-session.decorator.js';
import { sessionIn } from '../execution-context.js';
import { RouteMetadata } from '../decorators/route-metadata.js';

/** Revalidates the session for handlers with `@FreshSession()`, if it was loaded before the handler was known. */
@Injectable()
export class FreshSessionGuard implements CanActivate {
  private readonly isFresh: RouteMetadata<boolean>;

  constructor(reflector: Reflector) {
    this.isFresh = new RouteMetadata(reflector, IS_FRESH);
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    if (!this.isFresh.of(context)) return true;
    const session = sessionIn(context, '@FreshSession()');
    return session.whenLoaded(() => revalidate(session));
  }
}

/** Does nothing for a session that was not served from the cache. */
function revalidate(session: RequestSession): Promise<true> {
  return session
    .getLoadedContext()
    .revalidate()
    .then(() => true);
}

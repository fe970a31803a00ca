import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { IS_FRESH } from '../decorators/fresh-session.decorator.js';
import { sessionIn } from '../execution-context.js';
import { RouteMetadata } from '../decorators/route-metadata.js';

/** Revalidates the session for handlers with `@FreshSession()`. It was loaded before the handler was known. */
@Injectable()
export class FreshSessionGuard implements CanActivate {
  private readonly isFresh: RouteMetadata<boolean>;

  /** @param hasCache false if no session can be outdated, so that the guard has nothing to do */
  constructor(
    private readonly hasCache: boolean,
    reflector: Reflector,
  ) {
    this.isFresh = new RouteMetadata(reflector, IS_FRESH);
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    if (!this.hasCache || !this.isFresh.of(context)) return true;
    return sessionIn(context, '@FreshSession()')
      .getLoadedContext()
      .revalidate()
      .then(() => true);
  }
}

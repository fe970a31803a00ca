import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { IS_FRESH } from '../decorators/fresh-session.decorator.js';
import { certainContextOf } from '../../http/request.js';
import { requestOf } from '../execution-context.js';
import { RouteMetadata } from '../decorators/route-metadata.js';

/** Asks Redis where a handler demands it. The session was loaded before anyone knew which handler it is for. */
@Injectable()
export class FreshSessionGuard implements CanActivate {
  private readonly isFresh: RouteMetadata<boolean>;

  constructor(reflector: Reflector) {
    this.isFresh = new RouteMetadata(reflector, IS_FRESH);
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    if (!this.isFresh.of(context)) return true;
    const session = certainContextOf(requestOf(context, '@FreshSession()'));
    return session.confirm().then(() => true);
  }
}

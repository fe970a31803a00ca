import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { OutagePolicy } from '../../http/request.js';
import { ON_OUTAGE } from '../decorators/on-outage.decorator.js';
import { RouteMetadata } from '../decorators/route-metadata.js';
import { findSessionIn } from '../execution-context.js';

/** Sets the route's policy for a request whose session could not be loaded, or is not loaded yet. Lets every request pass. */
@Injectable()
export class OutageGuard implements CanActivate {
  private readonly policy: RouteMetadata<OutagePolicy>;

  constructor(reflector: Reflector) {
    this.policy = new RouteMetadata(reflector, ON_OUTAGE);
  }

  canActivate(context: ExecutionContext): boolean {
    const session = findSessionIn(context);
    if (session?.mayLack) session.outagePolicy = this.policy.of(context) ?? session.outagePolicy;
    return true;
  }
}

import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { OutagePolicy } from '../../http/request.js';
import { ON_OUTAGE } from '../decorators/on-outage.decorator.js';
import { findSessionIn } from '../execution-context.js';

/** Sets the route's policy for a request whose session could not be loaded. Lets every request pass. */
@Injectable()
export class OutageGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const outage = findSessionIn(context)?.outage;
    if (outage) outage.policy = this.policyOf(context) ?? outage.policy;
    return true;
  }

  private policyOf(context: ExecutionContext): OutagePolicy | undefined {
    return this.reflector.getAllAndOverride(ON_OUTAGE, [context.getHandler(), context.getClass()]);
  }
}

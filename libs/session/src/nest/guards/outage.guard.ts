import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { OutagePolicy } from '../../http/request.js';
import { outageOf } from '../../http/request.js';
import { ON_OUTAGE } from '../decorators/on-outage.decorator.js';

/** Finds out what a route wants to happen to a request whose session could not be loaded. Lets everybody pass. */
@Injectable()
export class OutageGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const outage = outageOf(context.switchToHttp().getRequest<object>());
    if (outage) outage.policy = this.policyOf(context) ?? outage.policy;
    return true;
  }

  private policyOf(context: ExecutionContext): OutagePolicy | undefined {
    return this.reflector.getAllAndOverride(ON_OUTAGE, [context.getHandler(), context.getClass()]);
  }
}

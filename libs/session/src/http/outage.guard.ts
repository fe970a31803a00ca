import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { OutagePolicy } from './on-outage.decorator.js';
import { ON_OUTAGE } from './on-outage.decorator.js';
import { decideOutage } from './request.js';

/** Finds out what a route wants to happen to a request whose session could not be loaded. Lets everybody pass. */
@Injectable()
export class OutageGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const targets = [context.getHandler(), context.getClass()];
    const policy = this.reflector.getAllAndOverride<OutagePolicy | undefined>(ON_OUTAGE, targets);
    if (policy) decideOutage(context.switchToHttp().getRequest<object>(), policy);
    return true;
  }
}

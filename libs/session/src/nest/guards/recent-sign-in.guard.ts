import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { applyDecorators, ForbiddenException, Injectable, SetMetadata, UseGuards } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { SessionOptionsError } from '../../core/errors.js';
import type { Duration } from '../../options/duration.js';
import { checkedMs, CLOCK } from '../../options/duration.rule.js';
import { certainContextOf, noteGuard } from '../../http/request.js';
import { requestOf } from '../execution-context.js';
import { requireSignIn } from './session.guard.js';

const MAX_AGE_MS = 'nestjs-redis-session:recent-sign-in';

/**
 * Lets a request pass when its user has signed in not longer ago than {@link RecentSignIn} says. Who has not is
 * answered 403 with the reason `sign-in-not-recent`, and who is not signed in at all 401.
 */
@Injectable()
export class RecentSignInGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context, '@RecentSignIn()');
    const session = certainContextOf(request);
    noteGuard(request);
    await session.confirm(); // a copy in the process may be a moment behind
    await requireSignIn(session);
    const targets = [context.getHandler(), context.getClass()];
    const maxAgeMs = this.reflector.getAllAndOverride<number>(MAX_AGE_MS, targets);
    const ageMs = session.signInAgeMs;
    if (ageMs !== null && ageMs <= maxAgeMs) return true;
    throw new ForbiddenException({
      statusCode: 403,
      message: 'Sign in again to do this: your last sign-in is too long ago.',
      error: 'Forbidden',
      code: 'SESSION_SIGN_IN_NOT_RECENT',
      reason: 'sign-in-not-recent',
      maxAgeMs,
    });
  }
}

/**
 * For what a stolen or forgotten session must not be enough for, such as changing a password: the user must have
 * signed in within this time. On a handler, or on a controller for all of its handlers. A further
 * `SessionService.signIn()` of the same user starts the time anew.
 *
 * @throws SessionOptionsError when the time is none
 * @example
 * @Put('password')
 * @RecentSignIn('5m')
 */
export function RecentSignIn(maxAge: Duration): MethodDecorator & ClassDecorator {
  const maxAgeMs = checkedMs(
    maxAge,
    CLOCK,
    (sentence) => new SessionOptionsError(`@RecentSignIn(): ${sentence}`),
  );
  return applyDecorators(SetMetadata(MAX_AGE_MS, maxAgeMs), UseGuards(RecentSignInGuard));
}

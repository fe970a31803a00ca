import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { applyDecorators, ForbiddenException, Injectable, SetMetadata, UseGuards } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { SessionOptionsError } from '../../core/errors/errors.js';
import type { Duration } from '../../options/duration.js';
import { checkedMs, CLOCK } from '../../options/duration-rule.js';
import { sessionIn } from '../execution-context.js';
import { requireSignIn } from './session.guard.js';

const MAX_AGE_MS = 'nestjs-redis-session:recent-sign-in';

/**
 * Lets a request pass if its user signed in within the time of {@link RecentSignIn}. Otherwise answers 403 with the reason
 * `sign-in-not-recent`, or 401 if no user is signed in.
 */
@Injectable()
export class RecentSignInGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const requestSession = sessionIn(context, '@RecentSignIn()');
    const loading = requestSession.load();
    if (loading) await loading;
    const session = requestSession.getLoadedContext();
    requestSession.isUserChecked = true;
    await session.revalidate(); // a cached copy may be outdated
    await requireSignIn(session);
    const targets = [context.getHandler(), context.getClass()];
    const maxAgeMs = this.reflector.getAllAndOverride<number>(MAX_AGE_MS, targets);
    const ageMs = session.signInAgeMs;
    if (ageMs !== null && ageMs <= maxAgeMs) return true;
    session.runtime.tally.refused.signInNotRecent += 1;
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
 * Requires a sign-in within this time, for operations for which a stolen or forgotten session must not suffice, such as
 * changing a password. On a handler, or on a controller for all of its handlers. A further `SessionService.signIn()` of
 * the same user restarts the time.
 *
 * @throws SessionOptionsError when the time is invalid
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

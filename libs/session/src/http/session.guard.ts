import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { SessionContext } from '../core/context.js';
import { SessionUsageError } from '../core/errors.js';
import type { SessionEnd } from '../core/store.js';
import { IS_FRESH } from './fresh-session.decorator.js';
import { describeEnd } from './http-error.js';
import { IS_PUBLIC } from './public.decorator.js';
import { certainContextOf, usersOf } from './request.js';

/** Why a guard turned a request away: how the session ended, or that there was none, or no such user any more. */
export type UnauthorizedReason = SessionEnd['reason'] | 'anonymous' | 'unknown-user';

const MESSAGES: Readonly<Record<UnauthorizedReason, string>> = {
  anonymous: 'Nobody is signed in.',
  'signed-out': 'You have signed out.',
  destroyed: 'The session has ended.',
  evicted: 'You were signed out because you signed in elsewhere.',
  revoked: 'This session was ended from elsewhere.',
  replaced: 'This session goes on under a newer cookie.',
  expired: 'The session has expired.',
  'unknown-user': 'The user of this session does not exist any more.',
};

/**
 * Lets a request pass when someone is signed in, and answers 401 with the reason otherwise. Use it globally
 * (`APP_GUARD`), on a controller or on a handler; {@link Public} makes exceptions. When the store does not answer,
 * nobody passes: 503.
 *
 * What the application's `users.load` gives is on `request.user` afterwards, where other guards look for it.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, targets)) return true;
    const request = this.getRequest(context);
    const session = certainContextOf(request);
    if (this.reflector.getAllAndOverride<boolean | undefined>(IS_FRESH, targets)) await session.confirm();
    await requireSignIn(session);
    const user = await usersOf(request).of(session, request);
    if (user === null) throw unauthorized('unknown-user');
    request.user ??= user;
    return true;
  }

  /** The request behind an execution context. Override it for a transport that keeps it elsewhere. */
  protected getRequest(context: ExecutionContext): { user?: unknown } {
    if (context.getType() === 'http') return context.switchToHttp().getRequest();
    throw new SessionUsageError(
      `SessionGuard guards HTTP requests, but was asked about "${context.getType()}". ` +
        'Extend it and override getRequest() to guard another transport.',
    );
  }
}

/** @throws UnauthorizedException (401) with the reason, where nobody is signed in */
export async function requireSignIn(session: SessionContext): Promise<void> {
  session.accessed = true;
  if (session.live?.userId) return;
  const end = await session.end();
  throw end ? unauthorized(end.reason, end) : unauthorized('anonymous');
}

function unauthorized(reason: UnauthorizedReason, end?: SessionEnd): UnauthorizedException {
  const body = { statusCode: 401, message: MESSAGES[reason], error: 'Unauthorized', reason };
  return new UnauthorizedException(end ? { ...body, ...describeEnd(end) } : body);
}

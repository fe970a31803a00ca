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
import { RouteMetadata } from './route-metadata.js';

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
  private readonly isPublic: RouteMetadata<boolean>;
  private readonly isFresh: RouteMetadata<boolean>;

  constructor(reflector: Reflector) {
    this.isPublic = new RouteMetadata(reflector, IS_PUBLIC);
    this.isFresh = new RouteMetadata(reflector, IS_FRESH);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.isPublic.of(context)) return true;
    const request = this.getRequest(context);
    const session = certainContextOf(request);
    if (this.isFresh.of(context)) await session.confirm();
    if (!isSignedIn(session)) await refuse(session);
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
  if (!isSignedIn(session)) await refuse(session);
}

function isSignedIn(session: SessionContext): boolean {
  session.accessed = true;
  return Boolean(session.live?.userId);
}

async function refuse(session: SessionContext): Promise<never> {
  const end = await session.end();
  throw end ? unauthorized(end.reason, end) : unauthorized('anonymous');
}

function unauthorized(reason: UnauthorizedReason, end?: SessionEnd): UnauthorizedException {
  const body = { statusCode: 401, message: MESSAGES[reason], error: 'Unauthorized', reason };
  return new UnauthorizedException(end ? { ...body, ...describeEnd(end) } : body);
}

import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { SessionContext } from '../../core/context.js';
import { describeEnd } from '../../core/errors.js';
import type { SessionEnd } from '../../core/store.js';
import { IS_FRESH } from '../decorators/fresh-session.decorator.js';
import { IS_PUBLIC } from '../decorators/public.decorator.js';
import { certainContextOf, noteGuard, usersOf } from '../../http/request.js';
import { requestOf } from '../execution-context.js';
import { RouteMetadata } from '../decorators/route-metadata.js';

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
 * Afterwards the session's user is on `request.user`, where other guards look for it: what the application's `users.load`
 * gives, in place of anybody else whom a guard before has put there.
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
    noteGuard(request);
    if (this.isFresh.of(context)) await session.confirm();
    if (!isSignedIn(session)) await refuse(session);
    const users = usersOf(request);
    const user = await users.of(session, request);
    if (user === null) throw unauthorized('unknown-user');
    if (!users.isSignedIn(request.user, session)) request.user = user;
    return true;
  }

  /** The request behind an execution context. Override it for a transport that keeps it elsewhere. */
  protected getRequest(context: ExecutionContext): { user?: unknown } {
    return requestOf(
      context,
      'SessionGuard',
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
  const code = end ? 'SESSION_ENDED' : 'SESSION_REQUIRED';
  const body = { statusCode: 401, message: MESSAGES[reason], error: 'Unauthorized', code, reason };
  return new UnauthorizedException(end ? { ...body, ...describeEnd(end) } : body);
}

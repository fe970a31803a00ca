import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { SessionContext } from '../../core/request/session-context.js';
import { describeEnd } from '../../core/errors/errors.js';
import type { SessionEnd } from '../../core/store/store.js';
import { IS_FRESH } from '../decorators/fresh-session.decorator.js';
import { IS_PUBLIC } from '../decorators/public.decorator.js';
import type { CurrentUsers } from '../../http/current-user.js';
import { requestSessionOf } from '../../http/request-session.js';
import { requestOf } from '../execution-context.js';
import { RouteMetadata } from '../decorators/route-metadata.js';

/** The reason of a 401: the end reason of the session, `anonymous`, or `unknown-user`. */
export type UnauthorizedReason = SessionEnd['reason'] | 'anonymous' | 'unknown-user';

const MESSAGES: Readonly<Record<UnauthorizedReason, string>> = {
  anonymous: 'You are not signed in.',
  'signed-out': 'You have signed out.',
  destroyed: 'The session has ended.',
  evicted: 'You were signed out because you signed in elsewhere.',
  revoked: 'This session was ended from elsewhere.',
  replaced: 'This session was moved to a newer cookie.',
  expired: 'The session has expired.',
  'unknown-user': 'The user of this session does not exist any more.',
};

/**
 * Lets a request pass if a user is signed in, and otherwise answers 401 with the reason. Use it globally (`APP_GUARD`), on
 * a controller or on a handler; {@link Public} makes exceptions. If the store is unavailable, it answers 503.
 *
 * Puts the session's user on `request.user`, where other guards look for it: the one that the application's `users.load`
 * returns, in place of any other user whom an earlier guard has put there.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  private readonly isPublic: RouteMetadata<boolean>;
  private readonly isFresh: RouteMetadata<boolean>;

  constructor(reflector: Reflector) {
    this.isPublic = new RouteMetadata(reflector, IS_PUBLIC);
    this.isFresh = new RouteMetadata(reflector, IS_FRESH);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.isPublic.of(context)) return true;
    const request = this.getRequest(context);
    const requestSession = requestSessionOf(request);
    return requestSession.whenLoaded<boolean>(() => {
      const session = requestSession.getLoadedContext();
      requestSession.isUserChecked = true;
      const admitted = () => admit(session, requestSession.http.users, request);
      return this.isFresh.of(context) ? session.revalidate().then(admitted) : admitted();
    });
  }

  /** Returns the request of an execution context. Override it for a transport that keeps it elsewhere. */
  protected getRequest(context: ExecutionContext): { user?: unknown } {
    return requestOf(
      context,
      'SessionGuard',
      'Extend it and override getRequest() to guard another transport.',
    );
  }
}

/** Puts the user of a session on the request. @throws UnauthorizedException (401) if there is none */
function admit(
  session: SessionContext,
  users: CurrentUsers,
  request: { user?: unknown },
): true | Promise<true> {
  if (!isSignedIn(session)) return refuse(session);
  const put = (user: unknown): true => {
    if (user === null) {
      session.runtime.tally.refused.notSignedIn += 1;
      throw unauthorized('unknown-user');
    }
    if (!users.isSignedIn(request.user, session)) request.user = user;
    return true;
  };
  const user = users.of(session, request);
  return user instanceof Promise ? user.then(put) : put(user);
}

/** Rejects the request if no user is signed in. @throws UnauthorizedException (401) with the reason */
export async function requireSignIn(session: SessionContext): Promise<void> {
  if (!isSignedIn(session)) await refuse(session);
}

function isSignedIn(session: SessionContext): boolean {
  session.accessed = true;
  return Boolean(session.record?.userId);
}

async function refuse(session: SessionContext): Promise<never> {
  session.runtime.tally.refused.notSignedIn += 1;
  const end = await session.end();
  throw end ? unauthorized(end.reason, end) : unauthorized('anonymous');
}

function unauthorized(reason: UnauthorizedReason, end?: SessionEnd): UnauthorizedException {
  const code = end ? 'SESSION_ENDED' : 'SESSION_REQUIRED';
  const body = { statusCode: 401, message: MESSAGES[reason], error: 'Unauthorized', code, reason };
  return new UnauthorizedException(end ? { ...body, ...describeEnd(end) } : body);
}

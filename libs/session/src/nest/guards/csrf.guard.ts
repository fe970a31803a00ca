import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ForbiddenException, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { CsrfReason } from '../../core/runtime/events.js';
import { presentedToken, problemOfToken } from '../../http/csrf/csrf-policy.js';
import { type SourcedRequest, sourceOf } from '../../http/csrf/request-source.js';
import { type RequestSession, requestSessionOf } from '../../http/request-session.js';
import { RouteMetadata } from '../decorators/route-metadata.js';
import { SKIPS_CSRF } from '../decorators/skip-csrf.decorator.js';
import { findRequest } from '../execution-context.js';

type Request = SourcedRequest & { readonly method?: string; readonly body?: unknown };

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

const MESSAGES: Readonly<Record<CsrfReason, string>> = {
  'cross-origin': 'This request was sent by a page of another origin.',
  'csrf-token-missing': 'This request does not say which page sent it, and has no CSRF token.',
  'csrf-token-invalid': 'The CSRF token of this request is not that of its session.',
};

/**
 * Rejects requests that pages of other origins make a browser send (cross-site request forgery) with 403 and the reason.
 * Use it globally (`APP_GUARD`), in front of `SessionGuard`, so that it guards sign-ins too; {@link SkipCsrf} makes
 * exceptions.
 *
 * It checks requests with methods other than GET, HEAD and OPTIONS, and all requests of GraphQL. A request passes if
 * `Sec-Fetch-Site`, `Origin` or `Referer` shows that this origin or one of the option `csrf.origins` sent it. A request
 * that has none of these headers passes without a session cookie, and with one if it presents the token of
 * `SessionService.csrfToken()`.
 */
@Injectable()
export class SessionCsrfGuard implements CanActivate {
  private readonly isSkipped: RouteMetadata<boolean>;

  constructor(reflector: Reflector) {
    this.isSkipped = new RouteMetadata(reflector, SKIPS_CSRF);
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    // Sockets are checked at their handshake.
    const request = findRequest(context) as Request | null;
    if (!request || isSafe(context, request) || this.isSkipped.of(context)) return true;
    const session = requestSessionOf(request);
    const source = sourceOf(request, session.http.csrf.origins);
    if (source === 'own') return true;
    if (source === 'other') throw refused(session, 'cross-origin', request);
    return session.presentsToken ? requireToken(session, request) : true;
  }
}

/** Returns true if the request changes nothing. GraphQL can change data by any method. */
function isSafe(context: ExecutionContext, { method = 'GET' }: Request): boolean {
  return SAFE_METHODS.has(method) && context.getType<string>() !== 'graphql';
}

/** @throws ForbiddenException (403) unless the request has the token of its session */
async function requireToken(session: RequestSession, request: Request): Promise<true> {
  const loading = session.load();
  if (loading) await loading;
  const { record } = session.getLoadedContext();
  // The cookie opens no session, so the request has no authority that could be abused.
  if (!record) return true;
  const problem = problemOfToken(session.http.csrf.tokens, presentedToken(request), record.id);
  if (problem) throw refused(session, problem, request);
  return true;
}

function refused(session: RequestSession, reason: CsrfReason, { headers }: Request): ForbiddenException {
  session.http.runtime.events.emit('csrf-refused', {
    ...session.origin(),
    reason,
    source: headers.origin ?? headers.referer ?? null,
  });
  const body = { statusCode: 403, message: MESSAGES[reason], error: 'Forbidden' };
  return new ForbiddenException({ ...body, code: 'SESSION_CSRF', reason });
}

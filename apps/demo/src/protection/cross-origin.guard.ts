import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ForbiddenException, Injectable } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Rejects requests that another origin makes a browser send (CSRF). `SameSite` alone is not enough, because it accepts
 * requests from other origins of the same site. Browsers send the origin of a request in `Sec-Fetch-Site`, older ones in
 * `Origin`. A request without both headers comes from another kind of client, which sends no cookies of a browser.
 */
@Injectable()
export class CrossOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const { method, headers } = context
      .switchToHttp()
      .getRequest<{ method: string; headers: IncomingHttpHeaders }>();
    if (SAFE_METHODS.has(method) || isSameOrigin(headers)) return true;
    throw new ForbiddenException('Cross-origin requests are not allowed.');
  }
}

function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin, host } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ForbiddenException, Injectable } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Turns away what another site makes a browser send. `SameSite` alone is not enough: it lets in what other
 * applications of the same site send. Browsers say where a request comes from, in `Sec-Fetch-Site` and, older ones, in
 * `Origin`; what says neither is no browser, and nobody's cookies come along with it.
 */
@Injectable()
export class CrossOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const { method, headers } = context
      .switchToHttp()
      .getRequest<{ method: string; headers: IncomingHttpHeaders }>();
    if (SAFE_METHODS.has(method) || comesFromHere(headers)) return true;
    throw new ForbiddenException('This request comes from another site.');
  }
}

function comesFromHere(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin, host } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

import type { IncomingHttpHeaders } from 'node:http';

/** The parts of a request of Express or Fastify that reveal its source. */
export interface SourcedRequest {
  readonly headers: IncomingHttpHeaders;
  /** `https` or `http`, by the platform's trust-proxy setting. */
  readonly protocol?: string;
  /** The host with its port, by the platform's trust-proxy setting. */
  readonly host?: string;
}

/**
 * The source of a request.
 *
 * - `own`: a page of this origin or of an allowed one, or the user, such as from the address bar
 * - `other`: a page of any other origin
 * - `unknown`: the request does not say. Another kind of client sent it, or an old browser
 */
export type RequestSource = 'own' | 'other' | 'unknown';

/**
 * Returns the source of a request, by the headers that browsers send and pages cannot change: `Sec-Fetch-Site`
 * (Fetch Metadata) to trustworthy origins, `Origin` with every unsafe request, and `Referer`.
 *
 * @param allowed further origins that count as own
 */
export function sourceOf(request: SourcedRequest, allowed: ReadonlySet<string>): RequestSource {
  const { origin, referer, 'sec-fetch-site': site } = request.headers;
  if (site === 'same-origin' || site === 'none') return 'own';
  const declared = declaredOrigin(origin, referer);
  if (declared !== null && allowed.has(declared)) return 'own';
  if (site !== undefined) return 'other';
  if (declared === null) return 'unknown';
  return declared === ownOrigin(request) ? 'own' : 'other';
}

/**
 * Returns the origin that a request declares; `null` if it declares none. A page can make browsers send `null` as the
 * origin, and leave out the `Referer`, but can forge neither.
 */
function declaredOrigin(origin: string | undefined, referer: string | undefined): string | null {
  if (origin !== undefined && origin !== 'null') return origin;
  if (referer === undefined || referer === '') return null;
  return URL.canParse(referer) ? new URL(referer).origin : referer;
}

/** Returns the origin of the server, as the client addressed it; `null` if it is unknown. */
export function ownOrigin({ protocol, host, headers }: SourcedRequest): string | null {
  const authority = host ?? headers.host ?? headers[':authority'];
  const url = `${protocol}://${String(authority)}`;
  return authority !== undefined && URL.canParse(url) ? new URL(url).origin : null;
}

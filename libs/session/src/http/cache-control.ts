import type { OutgoingHttpHeader } from 'node:http';
import type { RawResponse } from './request.js';

/** Headers that CDNs prefer over `Cache-Control`. */
export const FOR_CDNS = ['CDN-Cache-Control', 'Surrogate-Control'];

/** Directives that allow caching, or, as `must-understand`, allow a cache to ignore `no-store`. */
const ALLOWING =
  /^(public|immutable|must-understand|max-age|s-maxage|stale-while-revalidate|stale-if-error)(=|$)/i;

/** Matches a directive. A comma separates directives, unless it is in a quoted string, as in `no-cache="a, b"`. */
const DIRECTIVES = /(?:[^,"]|"(?:\\.|[^"\\])*")+/g;

/** Prevents every cache from storing a response. */
export function preventStorage(response: RawResponse): void {
  response.setHeader('Cache-Control', withNoStore(response.getHeader('Cache-Control')));
  for (const name of FOR_CDNS) {
    if (response.hasHeader(name)) response.setHeader(name, withNoStore(response.getHeader(name)));
  }
}

/**
 * Returns `no-store`, with the application's other directives for caches and proxies, such as `no-transform`, without which
 * a compressing proxy buffers a stream. Directives that allow caching are removed.
 */
export function withNoStore(value: OutgoingHttpHeader | undefined): string {
  if (value === undefined) return 'no-store';
  const directives = String(value).match(DIRECTIVES) ?? [];
  const kept = directives.map((directive) => directive.trim()).filter((text) => text && !ALLOWING.test(text));
  if (!kept.some((directive) => /^no-store$/i.test(directive))) kept.push('no-store');
  return [...new Set(kept)].join(', ');
}

import type { OutgoingHttpHeader } from 'node:http';
import type { RawResponse } from './request.js';

/** What a cache, other than a browser's, goes by in place of `Cache-Control`. */
const FOR_CDNS = ['CDN-Cache-Control', 'Surrogate-Control'];

/** What allows a cache to keep something, or, as `must-understand`, to ignore `no-store`. */
const ALLOWING =
  /^(public|immutable|must-understand|max-age|s-maxage|stale-while-revalidate|stale-if-error)(=|$)/i;

/** Directives are separated by commas, which may also be in a quoted text, as in `no-cache="a, b"`. */
const DIRECTIVES = /(?:[^,"]|"(?:\\.|[^"\\])*")+/g;

/** Keeps every cache from storing a response. */
export function preventStorage(response: RawResponse): void {
  response.setHeader('Cache-Control', withNoStore(response.getHeader('Cache-Control')));
  for (const name of FOR_CDNS) {
    if (response.hasHeader(name)) response.setHeader(name, withNoStore(response.getHeader(name)));
  }
}

/**
 * Returns `no-store` beside what else the application says of caches and proxies, such as `no-transform`, without which
 * a proxy that compresses holds a stream back. What would allow a cache to keep the response is left out.
 */
export function withNoStore(value: OutgoingHttpHeader | undefined): string {
  const directives = String(value ?? '').match(DIRECTIVES) ?? [];
  const kept = directives.map((directive) => directive.trim()).filter((text) => text && !ALLOWING.test(text));
  if (!kept.some((directive) => /^no-store$/i.test(directive))) kept.push('no-store');
  return [...new Set(kept)].join(', ');
}

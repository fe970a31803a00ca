import type { OutgoingHttpHeaders } from 'node:http';
import vary from 'vary';
import { preventStorage } from './cache-control.js';
import type { HttpError } from './http-error.js';
import type { RawResponse } from './request.js';
import type { HeaderLine } from './token-transport.js';

/** The headers that the session adds to the head of a response. */
export interface HeadChange {
  /** The lines that set or clear the client's token, in this order. */
  readonly tokenLines: readonly HeaderLine[];
  /** The request header that the response depends on, for `Vary`; `null` if it depends on none. */
  readonly vary: string | null;
  /** True if the response must not be cached, unless the application sets `Cache-Control` itself. */
  readonly noStore: boolean;
  /** The response to send instead of the application's, because the session could not be stored. */
  readonly instead?: HttpError;
}

/** A head to which the session adds nothing. */
export const UNCHANGED: HeadChange = { tokenLines: [], vary: null, noStore: false };

/** The heads of responses that leave the client's token unchanged, which are nearly all. */
export interface CacheHeads {
  readonly varies: HeadChange;
  readonly variesUnstored: HeadChange;
}

/** Returns the heads of responses that depend on a request header. */
export function cacheHeads(requestHeader: string): CacheHeads {
  const varies = { ...UNCHANGED, vary: requestHeader };
  return { varies, variesUnstored: { ...varies, noStore: true } };
}

/** Adds the session's headers to those of the application. */
export function applyHead(
  response: RawResponse,
  { tokenLines, vary: requestHeader, noStore }: HeadChange,
): void {
  const hasToken = tokenLines.length > 0;
  for (const [name, value] of tokenLines) response.appendHeader(name, value);
  if (hasToken || (noStore && !response.hasHeader('Cache-Control'))) preventStorage(response);
  if (requestHeader !== null) vary(response, requestHeader);
}

/**
 * Adds `Vary` to the headers in the arguments of `writeHead`, as Fastify passes them, if nothing else has to change and
 * the application sets no `Vary`. Node writes headers that are passed to `writeHead` directly, and headers that are set
 * on the response one by one.
 *
 * @param args changed in place; the headers belong to the caller and are copied
 * @returns false if nothing was changed because {@link applyHead} is needed
 */
export function varyAmong(
  response: RawResponse,
  args: unknown[],
  { tokenLines, vary: requestHeader, noStore }: HeadChange,
): boolean {
  const headers = args.at(-1);
  if (tokenLines.length > 0 || noStore || requestHeader === null) return false;
  if (!isPlainHeaders(headers) || response.getHeaderNames().length > 0) return false;
  // A loop copies several times faster than a spread.
  const varied: OutgoingHttpHeaders = {};
  for (const name in headers) {
    const isVary = name.length === VARY.length && name.toLowerCase() === VARY;
    if (isVary || headers[name] === undefined) return false;
    varied[name] = headers[name];
  }
  varied[VARY] = requestHeader;
  args[args.length - 1] = varied;
  return true;
}

const VARY = 'vary';

function isPlainHeaders(headers: unknown): headers is OutgoingHttpHeaders {
  return typeof headers === 'object' && headers !== null && !Array.isArray(headers);
}

/**
 * Moves headers that are passed to `writeHead` to the response, so that the session's headers are added to them instead of
 * being overwritten. As in Node, they replace headers that were set under the same name.
 *
 * @returns the remaining arguments for `writeHead`
 */
export function moveHeaders(response: RawResponse, [status, ...rest]: readonly unknown[]): unknown[] {
  const message = rest.find((argument) => typeof argument === 'string');
  const headers = headersAmong(rest);
  for (const [name] of headers) response.removeHeader(name);
  for (const [name, value] of headers) response.appendHeader(name, value);
  return message === undefined ? [status] : [status, message];
}

/**
 * Sets the headers that were passed to `writeHead` on the response that replaces the application's: Fastify passes all
 * headers there, including those of plugins for CORS and security.
 */
export function keepHeaders(response: RawResponse, args: readonly unknown[]): void {
  for (const header of headersAmong(args)) {
    try {
      moveHeaders(response, [0, [header]]);
    } catch {
      // This may be the header because of which Node rejected the head.
    }
  }
}

function headersAmong(args: readonly unknown[]): Header[] {
  return headerPairs(args.find((argument) => typeof argument === 'object' && argument !== null));
}

type HeaderValue = string | readonly string[];
type Header = [name: string, value: HeaderValue];

/** Returns the headers in any of the forms that `writeHead` accepts: an object, names and values in turn, or pairs. */
function headerPairs(headers: unknown): Header[] {
  if (Array.isArray(headers)) return Array.isArray(headers[0]) ? (headers as Header[]) : pairUp(headers);
  const pairs: Header[] = [];
  for (const [name, value] of Object.entries((headers ?? {}) as OutgoingHttpHeaders)) {
    if (value !== undefined) pairs.push([name, typeof value === 'number' ? String(value) : value]);
  }
  return pairs;
}

function pairUp(flat: readonly unknown[]): Header[] {
  const pairs: Header[] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    pairs.push([String(flat[index]), flat[index + 1] as HeaderValue]);
  }
  return pairs;
}

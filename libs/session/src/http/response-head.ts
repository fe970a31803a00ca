import type { OutgoingHttpHeaders } from 'node:http';
import vary from 'vary';
import { FOR_CDNS, preventStorage, withNoStore } from './cache-control.js';
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
 * Adds the session's headers to those in the arguments of `writeHead`, as Fastify passes them, if the application sets none
 * of them. Node writes headers that are passed to `writeHead` directly, and headers that are set on the response one by one.
 *
 * @param args changed in place; the headers belong to the caller and are copied
 * @returns false if nothing was changed because {@link applyHead} is needed
 */
export function addAmong(response: RawResponse, args: unknown[], change: HeadChange): boolean {
  const { tokenLines, vary: requestHeader, noStore } = change;
  const headers = args.at(-1);
  if (!isPlainHeaders(headers) || response.getHeaderNames().length > 0) return false;
  const hasToken = tokenLines.length > 0;
  const isStorable = !hasToken && !noStore;
  // A loop copies several times faster than a spread.
  const all: OutgoingHttpHeaders = {};
  for (const name in headers) {
    if (headers[name] === undefined || mayMeet(name, isStorable)) return false;
    all[name] = headers[name];
  }
  if (hasToken) {
    if (!tokenLines.every(([name]) => name === 'Set-Cookie')) return false;
    all['set-cookie'] = tokenLines.map(([, value]) => value);
  }
  if (!isStorable) all['cache-control'] = withNoStore(undefined);
  if (requestHeader !== null) all[VARY] = requestHeader;
  args[args.length - 1] = all;
  return true;
}

const VARY = 'vary';
const OF_TOKENS_AND_CACHES: ReadonlySet<string> = new Set([
  'set-cookie',
  'cache-control',
  ...FOR_CDNS.map((name) => name.toLowerCase()),
]);

/** Returns true if the session may have to change a header of the application. @param isStorable true if caches may store the response */
function mayMeet(name: string, isStorable: boolean): boolean {
  // Nearly all responses may be stored. Comparing the length first is faster.
  if (name.length === VARY.length) return name.toLowerCase() === VARY;
  return !isStorable && OF_TOKENS_AND_CACHES.has(name.toLowerCase());
}

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

import type { OutgoingHttpHeaders } from 'node:http';
import vary from 'vary';
import { preventStorage } from './cache-control.js';
import type { HttpError } from './http-error.js';
import type { RawResponse } from './request.js';

/** What the session has to say in the head of a response. */
export interface HeadChange {
  /** The `Set-Cookie` values, in this order. */
  readonly setCookies: readonly string[];
  /** Whether the response depends on the cookie. */
  readonly varies: boolean;
  /** Whether no cache may keep the response, unless the application says something else about caches itself. */
  readonly noStore?: boolean;
  /** What the client is told in place of the application's answer, because its session could not be stored. */
  readonly instead?: HttpError;
}

/** All that most responses say: they depend on the cookie. */
export const VARIES: HeadChange = { setCookies: [], varies: true };

/** The same, where no cache may keep the response. */
export const VARIES_UNSTORED: HeadChange = { ...VARIES, noStore: true };

/** Says it, beside what the application says. */
export function applyHead(response: RawResponse, { setCookies, varies, noStore = false }: HeadChange): void {
  const hasCookie = setCookies.length > 0;
  for (const value of setCookies) response.appendHeader('Set-Cookie', value);
  if (hasCookie || (noStore && !response.hasHeader('Cache-Control'))) preventStorage(response);
  if (varies || hasCookie) vary(response, 'Cookie');
}

/**
 * Says `Vary: Cookie` among the headers that are given to `writeHead`, as Fastify gives them, where nothing else needs
 * to be said and nobody else says it. Node writes headers that it is given at once as they are, and those that are set
 * on the response one by one.
 *
 * @returns what to give to `writeHead`; `null`: there is more to do
 */
export function varyAmong(
  response: RawResponse,
  args: readonly unknown[],
  { setCookies, noStore }: HeadChange,
): unknown[] | null {
  const headers = args.at(-1);
  if (setCookies.length > 0 || noStore) return null;
  if (!isPlainHeaders(headers) || response.getHeaderNames().length > 0) return null;
  for (const name in headers) if (name.length === VARY.length && name.toLowerCase() === VARY) return null;
  return [...args.slice(0, -1), withVary(headers)];
}

/** As names and values in turn, which Node writes as they are. The object is not ours to change. */
function withVary(headers: OutgoingHttpHeaders): (string | number | readonly string[])[] {
  const flat: (string | number | readonly string[])[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) flat.push(name, value);
  }
  flat.push(VARY, 'Cookie');
  return flat;
}

const VARY = 'vary';

function isPlainHeaders(headers: unknown): headers is OutgoingHttpHeaders {
  return typeof headers === 'object' && headers !== null && !Array.isArray(headers);
}

/**
 * Moves headers that are given to `writeHead` to the response, so that ours join them instead of being overwritten.
 * As Node does it: what is given here takes the place of what was set under the same name before.
 *
 * @returns what is left to give to `writeHead`
 */
export function moveHeaders(response: RawResponse, [status, ...rest]: readonly unknown[]): unknown[] {
  const message = rest.find((argument) => typeof argument === 'string');
  const headers = headersAmong(rest);
  for (const [name] of headers) response.removeHeader(name);
  for (const [name, value] of headers) response.appendHeader(name, value);
  return message === undefined ? [status] : [status, message];
}

/**
 * Keeps the headers that were given to `writeHead` for the answer that takes the place of the one which they were for:
 * Fastify gives all headers there, those of plugins for CORS and security too.
 */
export function keepHeaders(response: RawResponse, args: readonly unknown[]): void {
  for (const header of headersAmong(args)) {
    try {
      moveHeaders(response, [0, [header]]);
    } catch {
      // This may be the very header for which Node has refused the head.
    }
  }
}

function headersAmong(args: readonly unknown[]): Header[] {
  return headerPairs(args.find((argument) => typeof argument === 'object' && argument !== null));
}

type HeaderValue = string | readonly string[];
type Header = [name: string, value: HeaderValue];

/** The headers in any of the forms that `writeHead` takes: an object, names and values in turn, or pairs of them. */
function headerPairs(headers: unknown): Header[] {
  if (Array.isArray(headers)) return Array.isArray(headers[0]) ? (headers as Header[]) : pairUp(headers);
  return Object.entries((headers ?? {}) as OutgoingHttpHeaders).flatMap(([name, value]): Header[] => {
    if (value === undefined) return [];
    return [[name, typeof value === 'number' ? String(value) : value]];
  });
}

function pairUp(flat: readonly unknown[]): Header[] {
  const pairs: Header[] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    pairs.push([String(flat[index]), flat[index + 1] as HeaderValue]);
  }
  return pairs;
}

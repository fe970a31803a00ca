import { isRegExp } from 'node:util/types';
import { SessionUsageError } from '../core/errors/errors.js';
import type { RawRequest } from './request.js';

/** Returns true for a request that gets no session. */
export type ExclusionTest = (request: RawRequest) => boolean;

/**
 * Requests that get no session: by their paths, or by a function of the request.
 *
 * A path is exact, such as `'/health'`, or ends in `/*` for all paths below it, such as `'/assets/*'`. It is compared,
 * character by character, with the path that the client sent, without the query.
 */
export type SessionExclusion = readonly (string | RegExp)[] | ExclusionTest;

/** Ends a path that stands for all paths below it. */
const BELOW = '/*';

/** Returns the test for requests to exclude; `null` if there are none. */
export function exclusionTest(exclusion: SessionExclusion): ExclusionTest | null {
  if (typeof exclusion === 'function') return (request) => checked(exclusion(request));
  if (exclusion.length === 0) return null;
  const isExcluded = pathTest(exclusion);
  return (request) => {
    const path = pathOf(request);
    return path !== null && isExcluded(path);
  };
}

/** Compiles paths to one test. */
function pathTest(patterns: readonly (string | RegExp)[]): (path: string) => boolean {
  const texts = patterns.filter((pattern) => typeof pattern === 'string');
  const exact = new Set(texts.filter((text) => !text.endsWith(BELOW)));
  const prefixes = texts.filter((text) => text.endsWith(BELOW)).map((text) => text.slice(0, -1));
  const expressions = patterns.filter((pattern) => isRegExp(pattern));
  return (path) =>
    exact.has(path) ||
    prefixes.some((prefix) => path.startsWith(prefix)) ||
    expressions.some((expression) => expression.test(path));
}

/**
 * Returns the path that the client sent, without query and fragment, where routers end it too. `null` for a request target
 * in another form, such as a whole URL, whose host a pattern must not match.
 */
function pathOf({ originalUrl, url }: RawRequest & { readonly originalUrl?: string }): string | null {
  const target = originalUrl ?? url ?? '';
  if (!target.startsWith('/')) return null;
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  const fragment = path.indexOf('#');
  return fragment < 0 ? path : path.slice(0, fragment);
}

/** Rejects anything but a boolean: a promise would exclude every request. */
function checked(result: unknown): boolean {
  if (typeof result === 'boolean') return result;
  throw new SessionUsageError(
    `The function of the option "exclude" must return true or false, and returned a value of type ${typeof result}. ` +
      'It cannot be asynchronous, because it runs before anything else.',
  );
}

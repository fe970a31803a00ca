import { type ClearedData, clearSiteDataLine } from '../http/clear-site-data.js';
import type { ResponseHeaders } from '../http/request-session.js';
import { withDefaults } from './options-class.js';
import { BOOLEAN, isOneOf, Rule } from './rule.js';

const isClearedData = isOneOf('cache', 'storage', 'cookies');

/** Headers that protect a user's data in the browser and in proxies. */
export class SessionResponsesOptions {
  /**
   * True if responses of routes behind `SessionGuard` or `@RecentSignIn()` carry `Cache-Control: no-store`, so that
   * neither a proxy nor the browser stores them. A handler that sets `Cache-Control` itself overrides this for its own
   * response. Responses that set the session cookie carry it in any case.
   *
   * @defaultValue false
   */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out to leave caching to the handlers.' })
  readonly noStore?: boolean = false;

  /**
   * The data that browsers delete when a user signs out, by the header `Clear-Site-Data`: `'cache'`, `'storage'` (local
   * storage, IndexedDB, service workers) and `'cookies'`, which deletes those of the whole registrable domain. Browsers
   * accept the header over HTTPS and on localhost only.
   *
   * @defaultValue []
   */
  @Rule({
    expected: "an array of 'cache', 'storage' and 'cookies'",
    accepts: (value) =>
      Array.isArray(value) && value.every(isClearedData) && new Set(value).size === value.length,
    remedy: "An example: ['cache', 'storage'].",
  })
  readonly clearSiteData?: readonly ClearedData[] = [];
}

/** Fills in the defaults. */
export function resolveResponses(given: SessionResponsesOptions = {}): ResponseHeaders {
  const { noStore, clearSiteData } = withDefaults(SessionResponsesOptions, given);
  return Object.freeze({ noStore, signOutLine: clearSiteDataLine(clearSiteData) });
}

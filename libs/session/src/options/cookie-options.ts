import type { CookieSettings } from '../http/cookie.js';
import { withDefaults } from './options-class.js';
import { Problems } from './problems.js';
import { BOOLEAN, isOneOf, Rule } from './rule.js';

/** The session cookie. Combinations that browsers reject silently are refused at start. */
export class SessionCookieOptions {
  /**
   * Name of the cookie, used as it is.
   *
   * @defaultValue `__Host-sid` when secure (`__Secure-sid` with a `domain` or another `path`), else `sid`
   */
  @Rule({
    expected: "a cookie name: letters, digits and !#$%&'*+-.^_`|~, at most 128",
    accepts: (value) => typeof value === 'string' && /^[\w!#$%&'*+\-.^`|~]{1,128}$/.test(value),
    remedy: 'Leave it out to get a name with the prefix that protects it.',
  })
  readonly name?: string;

  /**
   * True if the cookie is sent over HTTPS only. `'auto'` follows each connection, as the platform's own trust-proxy
   * setting sees it; use it if the same application also runs without TLS, as in development.
   *
   * @defaultValue true
   */
  @Rule({
    expected: "true, false or 'auto'",
    accepts: isOneOf(true, false, 'auto'),
    remedy: "Leave it out in production; use 'auto' if there is no TLS.",
  })
  readonly secure?: boolean | 'auto' = true;

  /**
   * The `SameSite` attribute: restricts which requests from other sites carry the cookie. `'none'` needs `secure: true`.
   *
   * @defaultValue 'lax'
   */
  @Rule({
    expected: "'lax', 'strict' or 'none'",
    accepts: isOneOf('lax', 'strict', 'none'),
  })
  readonly sameSite?: 'lax' | 'strict' | 'none' = 'lax';

  /**
   * True if scripts in the page cannot read the cookie.
   *
   * @defaultValue true
   */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out: no script needs the session cookie.' })
  readonly httpOnly?: boolean = true;

  /**
   * Path below which the cookie is sent.
   *
   * @defaultValue '/'
   */
  @Rule({
    expected: "a path that begins with '/', of printable ASCII without ';'",
    accepts: (value) => typeof value === 'string' && /^\/[\x20-\x3a\x3c-\x7e]{0,1023}$/.test(value),
  })
  readonly path?: string = '/';

  /**
   * Domain whose hosts all receive the cookie. Rules out a `__Host-` name.
   *
   * @defaultValue none: only the host that set it
   */
  @Rule({
    expected: "a domain name such as 'example.com'",
    accepts: (value) =>
      typeof value === 'string' && /^\.?[a-z\d-]+(\.[a-z\d-]+)*$/i.test(value) && value.length < 254,
    remedy: 'Leave it out unless several hosts must share sessions.',
  })
  readonly domain?: string;

  /**
   * True if an embedded page has a separate cookie for each embedding site (CHIPS). Needs `secure: true`.
   *
   * @defaultValue false
   */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out unless the application is embedded in other sites.' })
  readonly partitioned?: boolean = false;

  /**
   * True if the cookie outlives the browser, until the absolute timeout. A sign-in can override it.
   *
   * @defaultValue false
   */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out for a cookie that ends with the browser.' })
  readonly persistent?: boolean = false;
}

/** Requirements of browsers for cookies with a name prefix. Source: RFC 6265bis and the layered-cookies draft. */
const PREFIXES = [
  { prefix: '__Host-Http-', isHostOnly: true, isHttpOnly: true },
  { prefix: '__Host-', isHostOnly: true, isHttpOnly: false },
  { prefix: '__Secure-', isHostOnly: false, isHttpOnly: false },
  { prefix: '__Http-', isHostOnly: false, isHttpOnly: true },
] as const;

/**
 * Fills in the defaults of the cookie.
 *
 * @param problems receives every combination that browsers reject silently
 */
export function resolveCookie(
  options: SessionCookieOptions,
  problems: Problems = new Problems(),
): CookieSettings {
  const { name, ...attributes } = withDefaults<SessionCookieOptions, 'name' | 'domain'>(
    SessionCookieOptions,
    options,
  );
  const isHostOnly = attributes.path === '/' && attributes.domain === undefined;
  const settings: CookieSettings = {
    ...attributes,
    domain: attributes.domain,
    secureName: name ?? (isHostOnly ? '__Host-sid' : '__Secure-sid'),
    plainName: name ?? 'sid',
  };
  checkAttributes(problems, settings);
  checkName(problems, settings, name);
  return Object.freeze(settings);
}

function checkAttributes(problems: Problems, { secure, sameSite, partitioned }: CookieSettings): void {
  if (secure === true || problems.concern('cookie.secure')) return;
  const remedy = `expected with secure: true, received with secure: ${String(secure)}. Browsers ignore such a cookie; serve over HTTPS.`;
  if (sameSite === 'none') problems.add('cookie.sameSite', `'none' is ${remedy}`);
  if (partitioned) problems.add('cookie.partitioned', `is ${remedy}`);
}

function checkName(problems: Problems, settings: CookieSettings, name: string | undefined): void {
  // Browsers match prefixes in any case, so a name that begins with one in another case is bound by its rules too.
  const rule = PREFIXES.find(({ prefix }) => name?.toLowerCase().startsWith(prefix.toLowerCase()));
  if (name === undefined || !rule) return;
  const { prefix, isHostOnly, isHttpOnly } = rule;
  const expect = (isMet: boolean, expected: string, actual: string) => {
    if (isMet) return;
    problems.add(
      'cookie.name',
      `a ${prefix} name is expected with ${expected}, received ${actual}. Change that, or leave "cookie.name" out.`,
    );
  };
  expect(name.startsWith(prefix), 'the prefix in this spelling', JSON.stringify(name));
  expect(settings.secure === true, 'secure: true', `secure: ${String(settings.secure)}`);
  if (isHostOnly) expect(settings.path === '/', "path: '/'", `path: ${JSON.stringify(settings.path)}`);
  if (isHostOnly) expect(settings.domain === undefined, 'no domain', `domain: ${settings.domain ?? ''}`);
  if (isHttpOnly) expect(settings.httpOnly, 'httpOnly: true', 'httpOnly: false');
}

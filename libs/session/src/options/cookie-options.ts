import { Problems } from './problems.js';
import { BOOLEAN, isOneOf, Rule } from './rule.js';
import type { CookieSettings } from '../http/cookie.js';

/** The session cookie. What browsers would refuse in silence is refused at start. */
export class SessionCookieOptions {
  /**
   * The cookie's name, taken as it is.
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
   * Whether the cookie travels over HTTPS only. `'auto'` follows each connection, as the platform's own trust-proxy
   * setting sees it; use it where the same application also runs without TLS, as in development.
   *
   * @defaultValue true
   */
  @Rule({
    expected: "true, false or 'auto'",
    accepts: isOneOf(true, false, 'auto'),
    remedy: "Leave it out in production; use 'auto' where there is no TLS.",
  })
  readonly secure?: boolean | 'auto';

  /**
   * Whether requests that other sites cause carry the cookie. `'none'` needs `secure: true`.
   *
   * @defaultValue 'lax'
   */
  @Rule({
    expected: "'lax', 'strict' or 'none'",
    accepts: isOneOf('lax', 'strict', 'none'),
    remedy: "Leave it out for 'lax'.",
  })
  readonly sameSite?: 'lax' | 'strict' | 'none';

  /**
   * Whether the cookie is out of reach of scripts in the page.
   *
   * @defaultValue true
   */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out: no script needs the session cookie.' })
  readonly httpOnly?: boolean;

  /**
   * The path below which the cookie is sent.
   *
   * @defaultValue '/'
   */
  @Rule({
    expected: "a path that begins with '/', of printable ASCII without ';'",
    accepts: (value) => typeof value === 'string' && /^\/[\x20-\x3a\x3c-\x7e]{0,1023}$/.test(value),
    remedy: "Leave it out for '/'.",
  })
  readonly path?: string;

  /**
   * The domain whose hosts all get the cookie. Rules out a `__Host-` name.
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
   * Whether an embedded page has a cookie of its own for each site that embeds it (CHIPS). Needs `secure: true`.
   *
   * @defaultValue false
   */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out unless the application is embedded in other sites.' })
  readonly partitioned?: boolean;

  /**
   * Whether the cookie outlives the browser, until the absolute timeout. A sign-in may decide for itself.
   *
   * @defaultValue false
   */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out for a cookie that ends with the browser.' })
  readonly persistent?: boolean;
}

/** What browsers ask of a cookie whose name begins so. Source: RFC 6265bis and the layered-cookies draft. */
const PREFIXES = [
  { prefix: '__Host-Http-', isHostOnly: true, isHttpOnly: true },
  { prefix: '__Host-', isHostOnly: true, isHttpOnly: false },
  { prefix: '__Secure-', isHostOnly: false, isHttpOnly: false },
  { prefix: '__Http-', isHostOnly: false, isHttpOnly: true },
] as const;

/**
 * Fills in the defaults of the cookie.
 *
 * @param problems gets every combination that a browser would refuse in silence
 */
export function resolveCookie(
  options: SessionCookieOptions,
  problems: Problems = new Problems(),
): CookieSettings {
  const path = options.path ?? '/';
  const isHostOnly = path === '/' && options.domain === undefined;
  const settings: CookieSettings = {
    secure: options.secure ?? true,
    secureName: options.name ?? (isHostOnly ? '__Host-sid' : '__Secure-sid'),
    plainName: options.name ?? 'sid',
    sameSite: options.sameSite ?? 'lax',
    httpOnly: options.httpOnly ?? true,
    path,
    domain: options.domain,
    partitioned: options.partitioned ?? false,
    persistent: options.persistent ?? false,
  };
  checkAttributes(problems, settings);
  checkName(problems, settings, options.name);
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
  expect(name.startsWith(prefix), 'the prefix spelled so', JSON.stringify(name));
  expect(settings.secure === true, 'secure: true', `secure: ${String(settings.secure)}`);
  if (isHostOnly) expect(settings.path === '/', "path: '/'", `path: ${JSON.stringify(settings.path)}`);
  if (isHostOnly) expect(settings.domain === undefined, 'no domain', `domain: ${settings.domain ?? ''}`);
  if (isHttpOnly) expect(settings.httpOnly, 'httpOnly: true', 'httpOnly: false');
}

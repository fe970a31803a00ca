import { SessionOptionsError } from '../core/errors.js';
import type { SessionCookieOptions } from '../session.options.js';
import type { CookieSettings } from './cookie.js';

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
 * @throws SessionOptionsError for every combination that a browser would refuse in silence
 */
export function resolveCookie(options: SessionCookieOptions): CookieSettings {
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
  const problems = [...attributeProblems(settings), ...nameProblems(settings, options.name)];
  if (problems.length > 0) {
    throw new SessionOptionsError(`Wrong session options:\n- ${problems.join('\n- ')}`);
  }
  return Object.freeze(settings);
}

function attributeProblems({ secure, sameSite, partitioned }: CookieSettings): string[] {
  const problems: string[] = [];
  const needsSecure = `expected with secure: true, received with secure: ${String(secure)}`;
  if (sameSite === 'none' && secure !== true) {
    problems.push(`cookie.sameSite: 'none' is ${needsSecure}. Browsers ignore such a cookie; serve over HTTPS.`);
  }
  if (partitioned && secure !== true) {
    problems.push(`cookie.partitioned: is ${needsSecure}. Browsers ignore such a cookie; serve over HTTPS.`);
  }
  return problems;
}

function nameProblems(settings: CookieSettings, name: string | undefined): string[] {
  // Browsers match prefixes in any case, so a name that begins with one in another case is bound by its rules too.
  const rule = PREFIXES.find(({ prefix }) => name?.toLowerCase().startsWith(prefix.toLowerCase()));
  if (name === undefined || !rule) return [];
  const { prefix, isHostOnly, isHttpOnly } = rule;
  const problems: string[] = [];
  const expect = (isMet: boolean, expected: string, actual: string) => {
    if (!isMet) {
      problems.push(
        `cookie.name: a ${prefix} name is expected with ${expected}, received ${actual}. ` +
          'Change that, or leave "cookie.name" out.',
      );
    }
  };
  expect(name.startsWith(prefix), 'the prefix spelled so', JSON.stringify(name));
  expect(settings.secure === true, 'secure: true', `secure: ${String(settings.secure)}`);
  if (isHostOnly) expect(settings.path === '/', "path: '/'", `path: ${JSON.stringify(settings.path)}`);
  if (isHostOnly) expect(settings.domain === undefined, 'no domain', `domain: ${settings.domain ?? ''}`);
  if (isHttpOnly) expect(settings.httpOnly, 'httpOnly: true', 'httpOnly: false');
  return problems;
}

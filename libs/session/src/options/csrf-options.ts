import type { CsrfPolicy } from '../http/csrf/csrf-policy.js';
import { CsrfTokens } from '../http/csrf/csrf-tokens.js';
import { received, Rule } from './rule.js';

const MIN_SECRET_LENGTH = 32;

/** Requests that `SessionCsrfGuard` accepts beside those of the application's own pages. */
export class SessionCsrfOptions {
  /**
   * Other origins whose pages may send requests, such as that of a front end on a host of its own. Written as browsers send
   * them: scheme, host, and a port that is not the scheme's own.
   *
   * @defaultValue []
   */
  @Rule({
    expected: "an array of origins such as 'https://app.example.com'",
    accepts: (value) => Array.isArray(value) && value.every(isOrigin),
    hint: (value) => hintOf(value, isOrigin, 'is no origin as browsers send it.'),
    remedy: 'Leave it out if all pages are served by this application.',
  })
  readonly origins?: readonly string[] = [];

  /**
   * Secret of the tokens that `SessionService.csrfToken()` issues, for clients that send neither `Sec-Fetch-Site` nor
   * `Origin` nor `Referer`. In a list, the first issues tokens, and all verify them. At least 32 characters each.
   *
   * @defaultValue none: requests of such clients are refused if they have a session cookie
   */
  @Rule({
    expected: 'a text of 32 or more characters, or a list of such texts',
    accepts: (value) =>
      isSecret(value) || (Array.isArray(value) && value.length > 0 && value.every(isSecret)),
    remedy: 'An example: openssl rand -base64 32, in the environment.',
    isSecret: true,
  })
  readonly secret?: string | readonly [string, ...string[]];
}

/** Returns the option in force. */
export function resolveCsrf({ origins = [], secret }: SessionCsrfOptions = {}): CsrfPolicy {
  const secrets = typeof secret === 'string' ? ([secret] as const) : secret;
  return Object.freeze({
    origins: new Set(origins),
    tokens: secrets ? new CsrfTokens([...secrets]) : null,
  });
}

function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value;
}

function isSecret(value: unknown): boolean {
  return typeof value === 'string' && value.length >= MIN_SECRET_LENGTH;
}

function hintOf(value: unknown, accepts: (item: unknown) => boolean, problem: string): string | null {
  if (!Array.isArray(value)) return null;
  const at = value.findIndex((item) => !accepts(item));
  return at < 0 ? null : `Its item ${at}, ${received(value[at])}, ${problem}`;
}

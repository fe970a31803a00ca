import type { CsrfReason } from '../../core/runtime/events.js';
import type { CsrfTokens } from './csrf-tokens.js';
import type { SourcedRequest } from './request-source.js';

/** The option `csrf`, complete. */
export interface CsrfPolicy {
  /** Other origins whose pages may send requests. */
  readonly origins: ReadonlySet<string>;
  /** `null` without a secret: requests that do not say where they come from are refused. */
  readonly tokens: CsrfTokens | null;
}

/** Headers for the token. Angular and axios send the second. */
const TOKEN_HEADERS = ['x-csrf-token', 'x-xsrf-token'] as const;

/** Field of a form for the token. */
const TOKEN_FIELD = '_csrf';

/** Returns the token that a request presents in a header, or in the parsed body of a form; `null` if there is none. */
export function presentedToken(request: SourcedRequest & { readonly body?: unknown }): string | null {
  for (const name of TOKEN_HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') return value;
  }
  const { body } = request;
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, TOKEN_FIELD)) return null;
  const value: unknown = Reflect.get(body, TOKEN_FIELD);
  return typeof value === 'string' ? value : null;
}

/** Returns the reason to refuse a token for a session; `null` if the token is valid. */
export function problemOfToken(
  tokens: CsrfTokens | null,
  token: string | null,
  sessionId: string,
): CsrfReason | null {
  if (token === null) return 'csrf-token-missing';
  return tokens?.isValid(token, sessionId) ? null : 'csrf-token-invalid';
}

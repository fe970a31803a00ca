import type { CookieSettings } from './cookie.js';

const BEHIND_A_PROXY =
  "Behind a proxy that ends TLS, let the proxy send X-Forwarded-Proto, and set the platform's trust proxy";

/**
 * Returns a warning if the cookie's `Secure` attribute does not fit its connection; else `null`. Browsers silently drop a
 * `Secure` cookie from an unencrypted connection. Anyone on the network path can read a cookie without `Secure`.
 *
 * @param isHttps true if the connection looks like HTTPS, by the platform's trust-proxy setting
 * @param isSecure true if the cookie is `Secure`
 */
export function secureWarning(
  secure: CookieSettings['secure'],
  isHttps: boolean,
  isSecure: boolean,
): string | null {
  if (isSecure && !isHttps) {
    return (
      'A Secure session cookie was set over a connection that does not look like HTTPS, and browsers may drop it. ' +
      `${BEHIND_A_PROXY}; without TLS, set cookie.secure to 'auto'.`
    );
  }
  if (secure === 'auto' && !isSecure && process.env['NODE_ENV'] === 'production') {
    return (
      'The session cookie was set without Secure, because the connection does not look like HTTPS ' +
      `(cookie.secure: 'auto', under NODE_ENV=production). ${BEHIND_A_PROXY}. Serve over HTTPS, and leave cookie.secure ` +
      'out in production.'
    );
  }
  return null;
}

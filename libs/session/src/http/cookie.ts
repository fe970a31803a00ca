import { serialize } from 'cookie';

/** The attributes of the session cookie. */
export interface CookieSettings {
  /** `'auto'`: the same as the connection. */
  readonly secure: boolean | 'auto';
  /** The name of the cookie if it is `Secure`. */
  readonly secureName: string;
  /** The name of the cookie if it is not `Secure`. */
  readonly plainName: string;
  readonly sameSite: 'lax' | 'strict' | 'none';
  readonly httpOnly: boolean;
  readonly path: string;
  readonly domain: string | undefined;
  readonly partitioned: boolean;
  /** True if the cookie outlives the browser unless a sign-in says otherwise. */
  readonly persistent: boolean;
}

/** Maximum number of domains between the host and the cookie's domain whose cookies are cleared. */
const MAX_DOMAINS = 4;

/** Matches a label of a host name. A client may send any text as `Host`, which may not be valid in a cookie. */
const LABEL = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;

/** The session cookie in responses: its name and its `Set-Cookie` lines. */
export class SessionCookie {
  /** The cookie that was set last, without its token: nearly all cookies have the same attributes. */
  private last: { readonly isSecure: boolean; readonly maxAge: number | undefined; readonly text: string } = {
    isSecure: false,
    maxAge: NaN,
    text: '',
  };

  constructor(private readonly settings: CookieSettings) {}

  /** Returns the name. */
  name(isSecure: boolean): string {
    return isSecure ? this.settings.secureName : this.settings.plainName;
  }

  /**
   * Returns the `Set-Cookie` value that gives a client its token.
   *
   * @param token needs no encoding, because all of its characters are those of base64url
   * @param persistentForMs how long the browser keeps it; `null` for as long as the browser runs
   */
  set(token: string, isSecure: boolean, persistentForMs: number | null): string {
    const maxAge = persistentForMs === null ? undefined : Math.max(0, Math.floor(persistentForMs / 1000));
    if (this.last.isSecure !== isSecure || this.last.maxAge !== maxAge) {
      this.last = { isSecure, maxAge, text: this.serialize('', isSecure, maxAge) };
    }
    const nameEnd = this.name(isSecure).length + 1;
    return this.last.text.slice(0, nameEnd) + token + this.last.text.slice(nameEnd);
  }

  /** Returns the `Set-Cookie` value that clears the cookie, with the same attributes, which browsers require. */
  clear(isSecure: boolean): string {
    return this.serialize('', isSecure, 0);
  }

  /**
   * Returns the `Set-Cookie` values that clear the cookies that earlier options may have left in a browser under the same
   * name: with and without the domain, for the path and for `/`. A browser does not send the attributes of its cookies.
   * Must be sent before the value that sets the cookie, because some clients take two of them for the same.
   *
   * @param host the host that the request was sent to
   */
  clearOthers(isSecure: boolean, host: string | undefined): string[] {
    const { path, domain, partitioned } = this.settings;
    // Browsers accept a cookie of this name for one domain and path only.
    if (/^__Host-/i.test(this.name(isSecure))) return [];
    const own = this.clear(isSecure);
    const others = [undefined, ...domainsBetween(host, domain)].flatMap((someDomain) =>
      [...new Set([path, '/'])].flatMap((somePath) =>
        [...new Set([partitioned, false])].map((isPartitioned) =>
          this.serialize('', isSecure, 0, { path: somePath, domain: someDomain, partitioned: isPartitioned }),
        ),
      ),
    );
    return others.filter((line) => line !== own);
  }

  private serialize(
    value: string,
    isSecure: boolean,
    maxAge: number | undefined,
    place: Pick<CookieSettings, 'path' | 'domain' | 'partitioned'> = this.settings,
  ): string {
    const { sameSite, httpOnly } = this.settings;
    const { path, domain, partitioned } = place;
    const expires = maxAge === 0 ? new Date(0) : undefined;
    const attributes = { sameSite, httpOnly, path, domain, partitioned, secure: isSecure, maxAge, expires };
    return serialize(this.name(isSecure), value, attributes);
  }
}

/** Returns the cookie's domain, and those between it and the host: an earlier release may have set any of them. */
function domainsBetween(host: string | undefined, domain: string | undefined): string[] {
  if (domain === undefined) return [];
  const top = domain.replace(/^\./, '').toLowerCase();
  const name = (host ?? '').toLowerCase().replace(/:\d+$/, '');
  const labels = name.slice(0, -top.length - 1).split('.');
  if (!name.endsWith(`.${top}`) || !labels.every((label) => LABEL.test(label))) return [domain];
  const below = labels.map((_label, index) => [...labels.slice(index), top].join('.'));
  return [domain, ...below.slice(-MAX_DOMAINS)];
}

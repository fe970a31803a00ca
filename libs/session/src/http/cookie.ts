import { serialize } from 'cookie';

/** The attributes of the session cookie, beside its name and whether it is secure. */
export interface CookieSettings {
  /** `'auto'`: as the connection is. */
  readonly secure: boolean | 'auto';
  /** The name over a secure connection. */
  readonly secureName: string;
  /** The name over a plain one. */
  readonly plainName: string;
  readonly sameSite: 'lax' | 'strict' | 'none';
  readonly httpOnly: boolean;
  readonly path: string;
  readonly domain: string | undefined;
  readonly partitioned: boolean;
  /** Whether the cookie outlives the browser unless a sign-in says otherwise. */
  readonly persistent: boolean;
}

/** A host below the cookie's domain may have set the cookie for each domain in between; so many are thought of. */
const MAX_DOMAINS = 4;

/** Part of a host's name. A client may send any text as `Host`, and a cookie for what is no name cannot be written. */
const LABEL = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;

/** The session cookie: its name, how it is found in a request, and what a response says of it. */
export class SessionCookie {
  private readonly secureStart: string;
  private readonly plainStart: string;

  constructor(private readonly settings: CookieSettings) {
    this.secureStart = `${settings.secureName}=`;
    this.plainStart = `${settings.plainName}=`;
  }

  /** Whether a cookie over such a connection is marked `Secure`. */
  isSecure(isConnectionSecure: () => boolean): boolean {
    const { secure } = this.settings;
    return secure === 'auto' ? isConnectionSecure() : secure;
  }

  name(isSecure: boolean): string {
    return isSecure ? this.settings.secureName : this.settings.plainName;
  }

  /**
   * The values of all session cookies in a `Cookie` header, found by the exact bytes of its name: no trimming
   * beyond the one space that separates cookies, no unquoting, no `$Version`. Lenient parsing has let attackers smuggle
   * in a `__Host-` cookie from a neighbouring host.
   */
  read(header: string | undefined, isSecure: boolean): string[] {
    if (header === undefined) return [];
    const start = isSecure ? this.secureStart : this.plainStart;
    const values: string[] = [];
    for (let at = header.indexOf(start); at >= 0; at = header.indexOf(start, at + start.length)) {
      if (!isCookieStart(header, at)) continue;
      values.push(header.slice(at + start.length, endOfCookie(header, at)));
    }
    return values;
  }

  /** The `Set-Cookie` value that gives a client its token. `persistentForMs`: `null` for as long as the browser runs. */
  set(token: string, isSecure: boolean, persistentForMs: number | null): string {
    const maxAge = persistentForMs === null ? undefined : Math.max(0, Math.floor(persistentForMs / 1000));
    return this.serialize(token, isSecure, maxAge);
  }

  /** The `Set-Cookie` value that takes it away again. Browsers want the very same attributes. */
  clear(isSecure: boolean): string {
    return this.serialize('', isSecure, 0);
  }

  /**
   * The `Set-Cookie` values that take away what other options may have left in a browser under the same name: with and
   * without the domain, for the path and for `/`. A browser never says which of its cookies are which. To be sent before
   * the one that sets the cookie: to some clients two of them are the same.
   *
   * @param host the host that the request was sent to
   */
  clearOthers(isSecure: boolean, host: string | undefined): string[] {
    const { path, domain, partitioned } = this.settings;
    // Browsers take a cookie of this name for one domain and path only.
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

/** The cookie's domain, and those below it that the host lies in: an earlier release may have named any of them. */
function domainsBetween(host: string | undefined, domain: string | undefined): string[] {
  if (domain === undefined) return [];
  const top = domain.replace(/^\./, '').toLowerCase();
  const name = (host ?? '').toLowerCase().replace(/:\d+$/, '');
  const labels = name.slice(0, -top.length - 1).split('.');
  if (!name.endsWith(`.${top}`) || !labels.every((label) => LABEL.test(label))) return [domain];
  const below = labels.map((_label, index) => [...labels.slice(index), top].join('.'));
  return [domain, ...below.slice(-MAX_DOMAINS)];
}

function isCookieStart(header: string, at: number): boolean {
  if (at === 0 || header[at - 1] === ';') return true;
  return header[at - 1] === ' ' && (at === 1 || header[at - 2] === ';');
}

function endOfCookie(header: string, at: number): number {
  const end = header.indexOf(';', at);
  return end < 0 ? header.length : end;
}

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

/** More cookies of the session's name than this are not looked at. */
const MAX_CANDIDATES = 4;

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
   * The distinct values of the session cookie in a `Cookie` header, found by the exact bytes of its name: no trimming
   * beyond the one space that separates cookies, no unquoting, no `$Version`. Lenient parsing has let attackers smuggle
   * in a `__Host-` cookie from a neighbouring host.
   */
  read(header: string | undefined, isSecure: boolean): string[] {
    if (header === undefined) return [];
    const start = isSecure ? this.secureStart : this.plainStart;
    const values: string[] = [];
    for (let at = header.indexOf(start); at >= 0; at = header.indexOf(start, at + start.length)) {
      if (!isCookieStart(header, at)) continue;
      const value = header.slice(at + start.length, endOfCookie(header, at));
      if (values.length < MAX_CANDIDATES && !values.includes(value)) values.push(value);
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

  private serialize(value: string, isSecure: boolean, maxAge: number | undefined): string {
    const { sameSite, httpOnly, path, domain, partitioned } = this.settings;
    const expires = maxAge === 0 ? new Date(0) : undefined;
    const attributes = { sameSite, httpOnly, path, domain, partitioned, secure: isSecure, maxAge, expires };
    return serialize(this.name(isSecure), value, attributes);
  }
}

function isCookieStart(header: string, at: number): boolean {
  if (at === 0 || header[at - 1] === ';') return true;
  return header[at - 1] === ' ' && (at === 1 || header[at - 2] === ';');
}

function endOfCookie(header: string, at: number): number {
  const end = header.indexOf(';', at);
  return end < 0 ? header.length : end;
}

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
  constructor(private readonly settings: CookieSettings) {}

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
    const start = `${this.name(isSecure)}=`;
    if (!header.includes(start)) return [];
    const values = new Set<string>();
    for (const pair of header.split(';')) {
      const cookie = pair.startsWith(' ') ? pair.slice(1) : pair;
      if (cookie.startsWith(start) && values.size < MAX_CANDIDATES) values.add(cookie.slice(start.length));
    }
    return [...values];
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

import type { CookieSettings } from './cookie.js';
import { SessionCookie } from './cookie.js';
import { secureWarning } from './secure-warning.js';
import type { HeaderLine, TokenTransport, TransportRequest } from './token-transport.js';

/** Carries tokens in the session cookie. */
export class CookieTransport implements TokenTransport {
  readonly requestHeader = 'Cookie';
  private readonly cookie: SessionCookie;
  private readonly secureStart: string;
  private readonly plainStart: string;
  private hasWarned = false;

  /** @param warn logs once if the `Secure` attribute does not fit the connection */
  constructor(
    private readonly settings: CookieSettings,
    private readonly warn: (message: string) => void,
  ) {
    this.cookie = new SessionCookie(settings);
    this.secureStart = `${settings.secureName}=`;
    this.plainStart = `${settings.plainName}=`;
  }

  /**
   * Returns the values of all session cookies of a request, found by the exact bytes of the name: no trimming beyond the one
   * space that separates cookies, no unquoting, no `$Version`. Lenient parsing has let attackers inject a `__Host-` cookie from
   * a neighbouring host.
   */
  read(request: TransportRequest): string[] {
    const { cookie: header } = request.headers;
    if (header === undefined) return [];
    const start = this.isSecure(request) ? this.secureStart : this.plainStart;
    let values: string[] | null = null;
    for (let at = header.indexOf(start); at >= 0; at = header.indexOf(start, at + start.length)) {
      if (!isCookieStart(header, at)) continue;
      const value = header.slice(at + start.length, endOfCookie(header, at));
      // Nearly every client presents one. A list that grows reserves memory for 17 elements.
      if (values) values.push(value);
      else values = [value];
    }
    return values ?? [];
  }

  set(request: TransportRequest, token: string, persistentForMs: number | null): HeaderLine[] {
    this.warnAboutSecure(request);
    const own = this.cookie.set(token, this.isSecure(request), persistentForMs);
    return [...this.clearOthers(request), setCookie(own)];
  }

  clear(request: TransportRequest): HeaderLine[] {
    const own = this.cookie.clear(this.isSecure(request));
    return [...this.clearOthers(request), setCookie(own)];
  }

  present(connection: Pick<TransportRequest, 'isHttps'>, token: string): HeaderLine {
    return ['Cookie', `${this.cookie.name(this.isSecure(connection))}=${token}`];
  }

  /** Returns the lines that clear the cookies that earlier options left under the same name, if there are several. */
  private clearOthers(request: TransportRequest): HeaderLine[] {
    if (this.read(request).length <= 1) return [];
    return this.cookie.clearOthers(this.isSecure(request), request.headers.host).map(setCookie);
  }

  private isSecure(request: Pick<TransportRequest, 'isHttps'>): boolean {
    const { secure } = this.settings;
    return secure === 'auto' ? request.isHttps : secure;
  }

  private warnAboutSecure(request: TransportRequest): void {
    if (this.hasWarned) return;
    const warning = secureWarning(this.settings.secure, request.isHttps, this.isSecure(request));
    if (warning === null) return;
    this.hasWarned = true;
    this.warn(warning);
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

function setCookie(value: string): HeaderLine {
  return ['Set-Cookie', value];
}

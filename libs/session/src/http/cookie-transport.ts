import type { CookieSettings } from './cookie.js';
import { SessionCookie } from './cookie.js';
import { secureWarning } from './secure-warning.js';
import type { HeaderLine, TokenTransport, TransportRequest } from './token-transport.js';

/** Carries tokens in the session cookie. */
export class CookieTransport implements TokenTransport {
  readonly requestHeader = 'Cookie';
  private readonly cookie: SessionCookie;
  private hasWarned = false;

  /** @param warn logs once if the `Secure` attribute does not fit the connection */
  constructor(
    private readonly settings: CookieSettings,
    private readonly warn: (message: string) => void,
  ) {
    this.cookie = new SessionCookie(settings);
  }

  read(request: TransportRequest): string[] {
    const { cookie: header } = request.headers;
    return header === undefined ? [] : this.cookie.read(header, this.isSecure(request));
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

function setCookie(value: string): HeaderLine {
  return ['Set-Cookie', value];
}

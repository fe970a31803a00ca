import { SessionUsageError } from '../errors/errors.js';

/** Lifetime of a cookie in a browser. */
export interface CookieLife {
  /** Time at which the browser drops the cookie, in milliseconds since 1970. */
  readonly endsAt: number;
  /** Lifetime of the cookie when it was first set, in milliseconds. */
  readonly lengthMs: number;
  /** The present time. */
  readonly now: number;
}

/**
 * The members of `session.cookie` that middleware for express-session reads. All are `null` if the cookie ends with the
 * browser, and if nothing is stored yet.
 */
export interface SessionCookieView {
  /** Remaining lifetime in the browser, in milliseconds. */
  readonly maxAge: number | null;
  readonly originalMaxAge: number | null;
  readonly expires: Date | null;
}

/** Attributes that other libraries change on a session during a request. */
const ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['maxAge', 'originalMaxAge', 'expires', 'path', 'domain', 'httpOnly', 'secure', 'sameSite'],
  ...['partitioned', 'priority', 'signed', 'encode'],
]);

const REFUSING: ProxyHandler<SessionCookieView> = {
  set: () => refuseCookie(),
  defineProperty: () => refuseCookie(),
  deleteProperty: () => refuseCookie(),
  setPrototypeOf: () => refuseCookie(),
};

/** Returns a read-only view of a cookie, which rejects assignments. */
export function viewCookie(life: CookieLife | null): SessionCookieView {
  const view: SessionCookieView = {
    maxAge: life && Math.max(0, life.endsAt - life.now),
    originalMaxAge: life && life.lengthMs,
    expires: life && new Date(life.endsAt),
  };
  return new Proxy(view, REFUSING);
}

/** Rejects a change of the cookie. @throws SessionUsageError that names the options instead */
export function refuseCookie(): never {
  throw new SessionUsageError(
    'session.cookie cannot be changed. How long one session lasts is decided when its user signs in: ' +
      'sessions.signIn(request, user, { absolute, persistent }). For all sessions, set the options "idle", "absolute" and ' +
      '"cookie" of SessionModule.',
  );
}

/** Rejects options of the cookie. @throws SessionUsageError */
export function refuseCookieOptions(options: object): void {
  if (Object.keys(options).some((name) => ATTRIBUTES.has(name))) refuseCookie();
}

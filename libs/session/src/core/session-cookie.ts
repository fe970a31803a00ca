import { SessionUsageError } from './errors.js';

/** How long a cookie is kept by the browser that has it. */
export interface CookieLife {
  /** When the browser drops it, in milliseconds since 1970. */
  readonly endsAt: number;
  /** How long that was when the cookie was first set, in milliseconds. */
  readonly lengthMs: number;
  /** The present time. */
  readonly now: number;
}

/**
 * What middleware for express-session may read of `session.cookie`. All are `null` where the cookie ends with the
 * browser, and where nothing is stored yet.
 */
export interface SessionCookieView {
  /** How long the browser still keeps the cookie, in milliseconds. */
  readonly maxAge: number | null;
  readonly originalMaxAge: number | null;
  readonly expires: Date | null;
}

/** Attributes that other libraries change on a session while a request is handled. */
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

/** Returns what there is to read of a cookie, and refuses what is written there. */
export function viewCookie(life: CookieLife | null): SessionCookieView {
  const view: SessionCookieView = {
    maxAge: life && Math.max(0, life.endsAt - life.now),
    originalMaxAge: life && life.lengthMs,
    expires: life && new Date(life.endsAt),
  };
  return new Proxy(view, REFUSING);
}

/** @throws SessionUsageError that says what decides over the cookie */
export function refuseCookie(): never {
  throw new SessionUsageError(
    'session.cookie cannot be changed. How long one session lasts is decided when its user signs in: ' +
      'sessions.signIn(request, user, { absolute, persistent }). For all sessions, set the options "idle", "absolute" and ' +
      '"cookie" of SessionModule.',
  );
}

/** @throws SessionUsageError where options are about the cookie */
export function refuseCookieOptions(options: object): void {
  if (Object.keys(options).some((name) => ATTRIBUTES.has(name))) refuseCookie();
}

import type { INestApplicationContext } from '@nestjs/common';
import { anonymousSession } from '../core/loaded-session.js';
import { SessionContext } from '../core/session-context.js';
import type { SessionRuntime } from '../core/runtime.js';
import type { SessionUser } from '../core/user.js';
import { CookieTransport } from '../http/cookie-transport.js';
import type { ResolvedOptions } from '../options/resolve.js';
import { resolveSignIn } from '../options/resolve-sign-in.js';
import type { SignInOptions } from '../options/sign-in-options.js';
import { RESOLVED_OPTIONS, SESSION_RUNTIME } from '../nest/session.tokens.js';

/** What {@link signInAs} leaves to choose, beside what any sign-in does. */
export interface SignInAsOptions extends SignInOptions {
  /**
   * When the user signed in, for what asks for a recent sign-in. The absolute timeout counts from then.
   *
   * @defaultValue now
   */
  readonly signedInAt?: Date;
  /** Fields that the session shall have. */
  readonly data?: Readonly<Record<string, unknown>>;
  /**
   * Whether the requests of the test go over HTTPS, which decides the cookie's name under `secure: 'auto'`.
   *
   * @defaultValue false
   */
  readonly isHttps?: boolean;
}

/** A client that is signed in. */
export interface SignedInClient {
  /** The value of a `Cookie` header. */
  readonly cookie: string;
  /** The public id of the session. */
  readonly sessionId: string;
}

/**
 * Signs a user in without going through the application's login, so that a test can begin behind it. The session is
 * a real one: it is indexed, counts towards the limit, and is announced to listeners.
 *
 * @example
 * const { cookie } = await signInAs(app, { id: 'alice' });
 * await request(app.getHttpServer()).get('/me').set('Cookie', cookie).expect(200);
 */
export async function signInAs(
  app: INestApplicationContext,
  user: SessionUser,
  options: SignInAsOptions = {},
): Promise<SignedInClient> {
  const runtime = app.get<SessionRuntime>(SESSION_RUNTIME, { strict: false });
  const resolved = app.get<ResolvedOptions>(RESOLVED_OPTIONS, { strict: false });
  const { data = {}, isHttps = false, signedInAt, ...signIn } = options;
  const origin = { device: options.device ?? null, address: null };
  const context = new SessionContext(runtime, anonymousSession(runtime, { origin: () => origin }));
  Object.assign(context.session, data);
  const { id } = await context.signIn(user, {
    ...resolveSignIn(signIn, resolved),
    ...(signedInAt && { signedInAt: signedInAt.getTime() }),
    origin,
  });
  const change = await context.tokenChange();
  if (change?.kind !== 'set') throw new Error('The sign-in gave no cookie, which it always does.');
  const name = new CookieTransport(resolved.cookie, () => undefined).nameFor({ isHttps });
  return { cookie: `${name}=${change.token}`, sessionId: id };
}

import type { INestApplicationContext } from '@nestjs/common';
import type { SessionRuntime, SessionUser } from '../core/index.js';
import { anonymousSession, SessionContext } from '../core/index.js';
import type { TokenTransport } from '../http/token-transport.js';
import { RESOLVED_OPTIONS, SESSION_RUNTIME, SESSION_TRANSPORT } from '../nest/session.tokens.js';
import type { ResolvedOptions } from '../options/resolve.js';
import { resolveSignIn } from '../options/resolve-sign-in.js';
import type { SignInOptions } from '../options/sign-in-options.js';

/** Options of {@link signInAs}. */
export interface SignInAsOptions extends SignInOptions {
  /**
   * Time of the sign-in, for handlers with `@RecentSignIn()`. The absolute timeout starts then.
   *
   * @defaultValue now
   */
  readonly signedInAt?: Date;
  /** Fields of the session. */
  readonly data?: Readonly<Record<string, unknown>>;
  /**
   * True if the requests of the test use HTTPS, which decides the cookie's name under `secure: 'auto'`.
   *
   * @defaultValue false
   */
  readonly isHttps?: boolean;
}

/** A signed-in client. */
export interface SignedInClient {
  /** The value of a `Cookie` header. */
  readonly cookie: string;
  /** The public id of the session. */
  readonly sessionId: string;
}

/**
 * Signs a user in without the application's login. The session is a real one: it is indexed, counts towards the limit, and
 * emits events.
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
  const transport = app.get<TokenTransport>(SESSION_TRANSPORT, { strict: false });
  const resolved = app.get<ResolvedOptions>(RESOLVED_OPTIONS, { strict: false });
  const { data = {}, isHttps = false, signedInAt, ...signIn } = options;
  const client = { origin: () => ({ device: options.device ?? null, address: null }) };
  const context = new SessionContext(runtime, anonymousSession(client));
  Object.assign(context.session, data);
  const { id } = await context.signIn(user, {
    ...resolveSignIn(signIn, resolved),
    ...(signedInAt && { signedInAt: signedInAt.getTime() }),
  });
  const change = await context.tokenChange();
  if (change?.kind !== 'set') throw new Error('The sign-in issued no token.');
  const [, cookie] = transport.present({ isHttps }, change.token);
  return { cookie, sessionId: id };
}

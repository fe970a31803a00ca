import type { SessionRuntime, Token } from 'nestjs-redis-session/core';
import { sessionIdOf } from 'nestjs-redis-session/core';
import type { Application } from './session-runtime.js';
import { memoryApplication } from './session-runtime.js';

/** Creates an application, and a visitor with a cart and a theme in an anonymous session. */
export async function visitor(settings: Partial<SessionRuntime> = {}) {
  const stage = memoryApplication(settings);
  const cookie = await stage.app.clientThat((session) =>
    Object.assign(session, { cart: [1], theme: 'dark' }),
  );
  return { ...stage, cookie, id: sessionIdOf(cookie) };
}

/** Creates an application, and a client with a cart that has signed in. */
export async function member(userId = 'alice', settings: Partial<SessionRuntime> = {}) {
  const stage = memoryApplication(settings);
  const cookie = await signedInClient(stage.app, userId);
  return { ...stage, cookie, id: sessionIdOf(cookie) };
}

/** Signs a new client with a cart in, and returns its cookie. */
export function signedInClient(app: Application, userId: string): Promise<Token> {
  return app.clientThat(async (session, context) => {
    session['cart'] = [1];
    await app.signIn(context, userId);
  });
}

import { redis } from '../support/app.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import type { AnySession, Fields, StageRequest } from '../support/stage.js';

/** A request with the properties that express-session and @fastify/session set. */
type ForeignRequest = StageRequest & { sessionID?: string; sessionStore?: unknown };

function messageOf(operation: () => unknown): object {
  try {
    return { passed: operation() };
  } catch (error) {
    return { name: (error as Error).name, message: (error as Error).message };
  }
}

/** Returns the outcome of a call in callback form. */
function called(call: (callback: (error?: unknown) => void) => unknown): Promise<object> {
  return new Promise((resolve) => {
    const outcome = call((error) => resolve({ name: (error as Error | undefined)?.name ?? null }));
    if (outcome instanceof Promise) outcome.catch(() => undefined);
  });
}

onEachPlatform((platform) => {
  const scene = setScene(platform);
  const { act, actRaw, fields } = scene;

  describe('delete request.session', () => {
    test('deleting request.session is answered with 500 and logged, since the session would not end', async () => {
      await act((_session, request) => scene.app.sessions.signIn(request, { id: 'alice' }));
      log.turnPage();
      const { status, text } = await act((_session, request) => {
        const deleted: { session?: AnySession } = request;
        return delete deleted.session;
      });

      expect(status).toBe(500);
      expect(text).not.toContain('request.session');
      expect(log.recent('error').join()).toContain('To end the session call request.session.destroy()');
      expect((await act((_session, request) => scene.app.sessions.describe(request))).body).toMatchObject({
        userId: 'alice',
      });
    });

    test('deleting the session on the request of a middleware is detected, too', async () => {
      const exchange = await actRaw((response, request) => {
        const deleted: { session?: AnySession } = request;
        delete deleted.session;
        response.end('unnoticed');
      });

      expect(await exchange.end()).toMatch(/^HTTP\/1.1 500 /);
      expect(log.recent('error').join()).toContain('To end the session call request.session.destroy()');
    });
  });

  describe('a session with the interface of other libraries', () => {
    test('the session has get() and set() for its fields', async () => {
      await act((session) => {
        session.set('flash', { info: ['saved'] });
        session.set('gone', 1);
        session.set('gone', undefined);
      });
      const { body } = await act((session) => ({ flash: session.get('flash'), all: { ...session } }));

      expect(body).toEqual({ flash: { info: ['saved'] }, all: { flash: { info: ['saved'] } } });
    });

    test('a field that an earlier version stored under a name that is now reserved stays unchanged', async () => {
      const id = await scene.begin();
      await redis().hset(scene.app.keyOf(id), '.cookie', '{"maxAge":1}', '.get', '"x"', '.options', '1');
      const { status, body } = await act((session) => {
        session['a'] = 2;
        return { all: { ...session }, get: typeof session.get, got: session.get('cookie') ?? null };
      });

      expect({ status, body }).toEqual({ status: 200, body: { all: { a: 2 }, get: 'function', got: null } });
      expect(await scene.app.stored(id)).toMatchObject({
        '.a': '2',
        '.cookie': '{"maxAge":1}',
        '.get': '"x"',
      });
    });

    test('session.cookie can be read, and a change is rejected with the alternative', async () => {
      const { body } = await act(async (session, request) => {
        await scene.app.sessions.signIn(request, { id: 'alice' }, { absolute: '1h', persistent: true });
        const { maxAge } = session.cookie;
        return {
          isLong: maxAge !== null && maxAge > 3_500_000 && maxAge <= 3_600_000,
          set: messageOf(() => ((session.cookie as { maxAge: number }).maxAge = 1)),
          replaced: messageOf(() => Object.assign(session, { cookie: {} })),
          options: messageOf(() => session.options({ maxAge: 1 })),
        };
      });
      const refusal = {
        name: 'SessionUsageError',
        message: expect.stringContaining(
          'sessions.signIn(request, user, { absolute, persistent })',
        ) as string,
      };

      expect(body).toEqual({ isLong: true, set: refusal, replaced: refusal, options: refusal });
    });

    test('the request has sessionID, and its sessionStore names the alternative', async () => {
      const { body } = await act((session, request) => {
        const foreign: ForeignRequest = request;
        return {
          isId: foreign.sessionID === session.id,
          assigned: messageOf(() => (foreign.sessionID = 'mine')),
          store: messageOf(() => foreign.sessionStore),
          replaced: messageOf(() => (foreign.sessionStore = {})),
        };
      });
      const refusal = (text: string) => ({
        name: 'SessionUsageError',
        message: expect.stringContaining(text) as string,
      });

      expect(body).toEqual({
        isId: true,
        assigned: refusal('request.session.regenerate()'),
        store: refusal('Inject SessionService'),
        replaced: refusal('Inject SessionService'),
      });
    });

    test.each<[string, (session: AnySession) => Promise<unknown>]>([
      ['a promise', (session) => session.regenerate(['cart'])],
      ['a callback', (session) => called((callback) => session.regenerate(['cart'], callback))],
    ])(
      'regenerate() with names begins a session with these fields only, by %s',
      async (_form, regenerate) => {
        await act(async (session, request) => {
          Object.assign(session, { cart: ['kite'], theme: 'dark' });
          await scene.app.sessions.signIn(request, { id: 'bob' });
        });
        const before = scene.browser.copy();
        await act((session) => regenerate(session));

        expect(await fields()).toEqual({ cart: ['kite'] });
        expect(scene.browser.cookie).not.toBe(before.cookie);
        expect(await fields(before)).toEqual({});
        expect((await act((_session, request) => scene.app.sessions.describe(request))).body).toMatchObject({
          userId: null,
        });
      },
    );

    test.each<[string, unknown]>([
      ['regenerate', null],
      ['regenerate', 'x'],
      ['save', null],
      ['destroy', {}],
      ['reload', 1],
      ['touch', 'x'],
    ])('%s() reports the unsupported argument %p to the caller', async (name, argument) => {
      await scene.begin();
      const { body } = await act(async (session) => {
        const method = (session as Fields)[name] as (...args: unknown[]) => Promise<void>;
        return {
          promise: await method.call(session, argument).catch((error: Error) => error.name),
          callback: await called((callback) => method.call(session, argument, callback)),
        };
      });

      expect(body).toEqual({ promise: 'SessionUsageError', callback: { name: 'SessionUsageError' } });
      expect(await fields()).toEqual({ a: 1 });
    });
  });
});

import { redis } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import type { AnySession } from '../support/stage.js';
import { storedRecord } from '../support/stored-session.js';

const METHODS = ['regenerate', 'destroy', 'save', 'reload', 'touch'] as const;

onEachPlatform((platform) => {
  const scene = setScene(platform);
  const { act, fields } = scene;

  describe.each<[string, (session: AnySession, method: (typeof METHODS)[number]) => Promise<unknown>]>([
    ['promise', (session, method) => session[method]()],
    ['callback', byCallback],
  ])('in its %s form', (form, call) => {
    test('save() stores at once, before the request ends', async () => {
      const { body } = await act(async (session) => {
        session['a'] = 1;
        await call(session, 'save');
        return { id: session.id, stored: await scene.app.stored(session.id) };
      });

      expect(body).toMatchObject({ stored: { '.a': '1' } });
    });

    test('reload() discards unsaved changes and loads those of other requests', async () => {
      await act((session) => void Object.assign(session, { a: 1, b: 1 }));
      const { body } = await act(async (session) => {
        session['a'] = 'unsaved';
        session['c'] = 'unsaved';
        const key = scene.app.keyOf(session.id);
        await redis().hset(key, '.b', '2');
        await call(session, 'reload');
        return { ...session };
      });

      expect(body).toEqual({ a: 1, b: 2 });
      expect(await fields()).toEqual({ a: 1, b: 2 });
    });

    test('touch() records activity at once', async () => {
      await act((session) => void (session['a'] = 1));
      const { body } = await act(async (session) => {
        const lastActiveAt = async () => storedRecord(await scene.app.stored(session.id))?.lastActiveAt ?? 0;
        const before = await lastActiveAt();
        await new Promise((resolve) => setTimeout(resolve, 5));
        await call(session, 'touch');
        return { moved: (await lastActiveAt()) > before };
      });

      expect(body).toEqual({ moved: true });
    });

    test('destroy() ends the session, clears the cookie, and leaves a new, empty session', async () => {
      await act((session) => void (session['a'] = 1));
      const stolen = scene.browser.copy();

      const answer = await act(async (session, request) => {
        const before = session.id;
        await call(session, 'destroy');
        return {
          isAnother: request.session !== session && request.session.id !== before,
          ...request.session,
        };
      });

      expect(answer.body).toEqual({ isAnother: true });
      expect(answer.sessionCookie).toContain('Max-Age=0');
      expect(scene.browser.cookie).toBeNull();
      expect(await fields(stolen)).toEqual({});
    });

    test('a write after destroy() begins another session under another cookie', async () => {
      await act((session) => void (session['a'] = 1));
      const before = scene.browser.cookie;

      await act(async (session, request) => {
        await call(session, 'destroy');
        request.session['b'] = 2;
      });

      expect(scene.browser.cookie).not.toBe(before);
      expect(await fields()).toEqual({ b: 2 });
    });

    test('regenerate() changes the id and the cookie, and the old cookie is invalid', async () => {
      await act((session) => void (session['a'] = 1));
      const stolen = scene.browser.copy();
      const { body } = await act(async (session, request) => {
        const before = session.id;
        await call(session, 'regenerate');
        request.session['b'] = 2;
        return { before, after: request.session.id };
      });
      const { before, after } = body as Record<string, string>;

      expect(after).not.toBe(before);
      expect(scene.browser.cookie).not.toBe(stolen.cookie);
      expect(await scene.app.stored(before!)).toEqual({});
      expect(await fields(stolen)).toEqual({});
      // As in express-session, the callback form drops the data; the promise form keeps them.
      expect(await fields()).toEqual(form === 'promise' ? { a: 1, b: 2 } : { b: 2 });
    });

    test.each(['save', 'reload', 'touch'] as const)(
      '%s() rejects if the session has ended in the meantime',
      async (method) => {
        await act((session) => void (session['a'] = 1));
        const { body } = await act(async (session) => {
          await scene.app.sessions.revoke(session.id);
          session['a'] = 2;
          return call(session, method).then(
            () => 'done',
            (error: Error) => ({ name: error.name, message: error.message }),
          );
        });

        expect(body).toEqual({
          name: 'SessionEndedError',
          message: expect.stringContaining('revoked') as string,
        });
        expect(await scene.app.eventsOf('revoked')).not.toEqual([]);
      },
    );

    test.each(METHODS)('%s() of a session that was destroyed says to use the current one', async (method) => {
      const { body } = await act(async (session) => {
        await session.destroy();
        return call(session, method)
          .then(
            () => 'done',
            (error: Error) => error.message,
          )
          .then((message) => ({ message }));
      });

      expect(body).toEqual({ message: expect.stringContaining('Use req.session') as string });
    });
  });

  test('regenerate({ keepData: false }) keeps the user and drops the data', async () => {
    await act(async (session, request) => {
      session['a'] = 1;
      await scene.app.sessions.signIn(request, { id: 'alice' });
    });
    await act((session) => session.regenerate({ keepData: false }));

    expect(await fields()).toEqual({});
    expect((await act((_session, request) => scene.app.sessions.describe(request))).body).toMatchObject({
      userId: 'alice',
    });
  });
});

function byCallback(session: AnySession, method: (typeof METHODS)[number]): Promise<void> {
  return new Promise((resolve, reject) => {
    session[method]((error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
}

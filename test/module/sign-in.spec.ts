import type { SessionInfo, SessionModuleOptions, SignInOptions } from 'nestjs-redis-session';
import { redis, startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { type Act, type Fields, Stage, staged } from '../support/stage.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

onEachPlatform((platform) => {
  const stage = new Stage();
  const start = (session: SessionModuleOptions = {}) => startApp(platform, { ...staged(stage), session });
  const act = (client: Client, handler: Act, headers: Record<string, string> = {}) => {
    stage.on('act', handler);
    return client.post('/stage/act', undefined, { headers });
  };
  const signIn = async (
    app: TestApp,
    client: Client,
    options: SignInOptions = {},
    user: object = { id: 'alice' },
  ) => {
    const answer = await act(client, (_session, request) =>
      app.sessions.signIn(request, user as { id: string }, options),
    );
    return { ...answer, info: answer.body as { [Key in keyof SessionInfo]: string } };
  };
  const fields = async (client: Client) => (await act(client, (session) => ({ ...session }))).body as Fields;

  describe('the options of a sign-in', () => {
    let app: TestApp;
    let browser: Client;
    beforeAll(async () => {
      app = await start({ idle: '10m', absolute: '2h' });
    });
    beforeEach(() => {
      browser = app.client();
    });

    /** Returns the idle and the absolute lifetime of a session, in milliseconds from its sign-in. */
    const spans = (info: { [Key in keyof SessionInfo]: string }) => [
      Date.parse(info.idleEndAt) - Date.parse(info.signedInAt),
      Date.parse(info.absoluteEndAt) - Date.parse(info.signedInAt),
    ];
    const ttl = (id: string) => redis().pttl(app.keyOf(id));

    test('a sign-in without options uses the options of the module', async () => {
      const { info } = await signIn(app, browser);

      expect(spans(info)).toEqual([10 * MINUTE, 2 * HOUR]);
    });

    test('a sign-in can set the idle timeout', async () => {
      const { info } = await signIn(app, browser, { idle: '1h' });

      expect(spans(info)).toEqual([HOUR, 2 * HOUR]);
      expect(await ttl(info.id)).toBeGreaterThan(HOUR - MINUTE);
    });

    test('a sign-in can set the absolute timeout, which also bounds the idle timeout', async () => {
      const { info } = await signIn(app, browser, { idle: '5m', absolute: 5 * MINUTE });

      expect(spans(info)).toEqual([5 * MINUTE, 5 * MINUTE]);
      expect(await ttl(info.id)).toBeLessThanOrEqual(5 * MINUTE);
    });

    test('a sign-in can set both timeouts, for example by role, and a regeneration keeps them', async () => {
      const { info } = await signIn(app, browser, { idle: '20m', absolute: '30d', persistent: true });
      await act(browser, (session) => session.regenerate());
      const { body } = await act(browser, (_session, request) => app.sessions.describe(request));

      expect(body).toMatchObject({ signedInAt: info.signedInAt, absoluteEndAt: info.absoluteEndAt });
      expect(spans(body as never)[0]).toBeGreaterThanOrEqual(20 * MINUTE);
    });

    test('a sign-in can set the device', async () => {
      const { info } = await signIn(app, browser, { device: 'the till by the door\u0000\n' });

      expect(info.device).toBe('the till by the door');
    });

    test('a sign-in can drop the data of the session', async () => {
      await act(browser, (session) => void (session['cart'] = ['book']));
      await signIn(app, browser, { keepData: false });

      expect(await fields(browser)).toEqual({});
    });

    test.each<[SignInOptions, RegExp]>([
      [{ idle: 'soon' }, /Wrong sign-in options:.*idle: expected a positive length of time/s],
      [{ absolute: 0 }, /absolute: expected a positive length of time/],
      [{ idle: '3h' }, /idle: expected at most the absolute timeout/],
      [{ absolute: '500d', persistent: true }, /at most 400 days/],
    ])('a sign-in with %j is answered with 500 and fails, and the log says why', async (options, message) => {
      const { status, text } = await signIn(app, browser, options, { id: 'refused' });

      expect(status).toBe(500);
      expect(text).not.toMatch(message);
      expect(log.recent('error').join()).toMatch(message);
      expect(await app.sessions.count('refused')).toBe(0);
    });

    test.each([[{}], [{ id: '' }], [{ id: null }], [{ id: 1.5 }], [{ id: {} }], [{ id: 'x'.repeat(257) }]])(
      'a sign-in of %j, a user without a usable id, is rejected',
      async (user) => {
        const { status } = await signIn(app, browser, {}, user);

        expect(status).toBe(500);
        expect(log.recent('error').join()).toContain('A user to sign in needs an id');
        expect(browser.cookie).toBeNull();
      },
    );
  });

  describe('the data of an anonymous visitor', () => {
    const visit = (client: Client) =>
      act(client, (session) => void Object.assign(session, { cart: ['book'], step: 1 }));

    test('the data of the visitor stay after a sign-in, with the changes of the same request', async () => {
      const app = await start();
      const browser = app.client();
      await visit(browser);
      await act(browser, async (session, request) => {
        session['step'] = 2;
        delete session['nothing'];
        await app.sessions.signIn(request, { id: 'alice' });
        session['after'] = true;
      });

      expect(await fields(browser)).toEqual({ cart: ['book'], step: 2, after: true });
      expect(await app.sessionKeys()).toHaveLength(1);
    });

    test('data.keepOnSignIn: false drops the data of the visitor, unless the sign-in keeps them', async () => {
      const app = await start({ data: { keepOnSignIn: false } });
      const [dropped, kept] = [app.client(), app.client()];
      await visit(dropped);
      await visit(kept);
      await signIn(app, dropped);
      await signIn(app, kept, { keepData: true });

      expect(await fields(dropped)).toEqual({});
      expect(await fields(kept)).toEqual({ cart: ['book'], step: 1 });
    });

    test('data of a session that was revoked in the meantime are not taken over', async () => {
      const app = await start();
      const browser = app.client();
      await visit(browser);
      await act(browser, async (session, request) => {
        await app.sessions.revoke(session.id);
        await session.save().catch(() => undefined);
        session['step'] = 3;
        await session.save().catch(() => undefined);
        await app.sessions.signIn(request, { id: 'alice' });
      });

      expect(await fields(browser)).not.toHaveProperty('cart');
    });

    test('data of one user are never taken over by another', async () => {
      const app = await start();
      const browser = app.client();
      await signIn(app, browser);
      await visit(browser);
      await signIn(app, browser, { keepData: true }, { id: 'bob' });

      expect(await fields(browser)).toEqual({});
      expect([await app.sessions.count('alice'), await app.sessions.count('bob')]).toEqual([0, 1]);
    });
  });

  test('device and address come from the request, and the application can name the device', async () => {
    const app = await start();
    const named = await start({ device: ({ headers }) => headers['x-device']?.toString() ?? null });
    const userAgent = 'curl/8.5.0';
    const handler =
      (target: TestApp): Act =>
      (_session, request) =>
        target.sessions.signIn(request, { id: 'alice' });

    expect((await act(app.client(), handler(app), { 'User-Agent': userAgent })).body).toMatchObject({
      device: 'curl',
      address: '127.0.0.1',
    });
    expect((await act(app.client(), handler(app))).body).toMatchObject({ device: null });
    expect((await act(named.client(), handler(named), { 'X-Device': 'till 3' })).body).toMatchObject({
      device: 'till 3',
    });
  });

  test('the address comes from a trusted proxy only, never from a client', async () => {
    const [direct, proxied] = await Promise.all(
      [false, true].map((trustProxy) => startApp(platform, { ...staged(stage), trustProxy })),
    );
    const forwarded = { 'X-Forwarded-For': '203.0.113.9' };
    const addressIn = async (app: TestApp) =>
      (
        await act(
          app.client(),
          (_session, request) => app.sessions.signIn(request, { id: 'alice' }),
          forwarded,
        )
      ).body;

    expect(await addressIn(direct!)).toMatchObject({ address: '127.0.0.1' });
    expect(await addressIn(proxied!)).toMatchObject({ address: '203.0.113.9' });
  });

  test('a sign-in works the same with the session, the request, and the objects that a handler passes on', async () => {
    const app = await start();
    const browser = app.client();
    await act(browser, (session) => app.sessions.signIn(session, { id: 1 }));
    expect((await act(browser, (session) => app.sessions.describe(session))).body).toMatchObject({
      userId: '1',
    });
    await act(browser, (session) => app.sessions.signOut(session));

    expect(browser.cookie).toBeNull();
  });

  test('an argument that is neither a request nor a session is rejected, and the error says what to pass', async () => {
    const app = await start();

    await expect(app.sessions.signIn({} as never, { id: 'alice' })).rejects.toThrow(
      /did not pass the session middleware/,
    );
  });
});

import {
  MemoryStore,
  type SessionInfo,
  SessionModule,
  type SessionModuleOptions,
  type SignInOptions,
} from 'nestjs-redis-session';
import { signInAs } from 'nestjs-redis-session/testing';
import { BY_NUMBER, startPassportApp } from '../passport/passport.app.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform, type Platform } from '../support/platforms.js';
import { Stage, staged } from '../support/stage.js';

const MINUTE_MS = 60_000;
const DEFAULTS = { idle: '20m', absolute: '8h' };
const OWN: SignInOptions = { idle: '5m', absolute: '1h', persistent: true };

/** Returns the timeouts of a session that has just been active, in minutes. */
function minutesOf({ lastActiveAt, idleEndAt, absoluteEndAt, signedInAt }: SessionInfo) {
  const minutes = (from: Date | null, to: Date) =>
    Math.round((Number(new Date(to)) - Number(new Date(from ?? NaN))) / MINUTE_MS);
  return { idle: minutes(lastActiveAt, idleEndAt), absolute: minutes(signedInAt, absoluteEndAt) };
}

onEachPlatform((platform) => {
  describe.each(['in memory', 'in Redis'])('lifetimes %s', (place) => {
    const stage = new Stage();
    const running: TestApp[] = [];
    afterAll(() => Promise.all(running.map(({ app }) => app.close())));

    const start = async (options: SessionModuleOptions) => {
      const isInMemory = place === 'in memory';
      const app = await startApp(platform, {
        ...staged(stage),
        ...(isInMemory
          ? { sessionModule: SessionModule.forRoot({ store: new MemoryStore(), ...options }) }
          : { session: options }),
      });
      running.push(app);
      return app;
    };
    const signIn = async (app: TestApp, browser: Client, user: object, options?: SignInOptions) => {
      stage.on('sign-in', (_session, request) => app.sessions.signIn(request, user as never, options));
      const answer = await browser.post('/stage/sign-in');
      return { ...answer, info: answer.body as SessionInfo };
    };
    const visit = (browser: Client) => {
      stage.on('visit', (session) => (session['at'] = Date.now()));
      return browser.post('/stage/visit');
    };

    describe('with timeouts', () => {
      let app: TestApp;
      let browser: Client;
      beforeAll(async () => (app = await start(DEFAULTS)));
      beforeEach(() => (browser = app.client()));

      test('a step-up keeps the lifetimes and the persistence of the session', async () => {
        await signIn(app, browser, { id: 'alice' }, OWN);
        const { info, sessionCookie } = await signIn(app, browser, { id: 'alice' });

        expect(minutesOf(info)).toEqual({ idle: 5, absolute: 60 });
        expect(sessionCookie).toMatch(/Max-Age=3(600|599)/);
      });

      test('a sign-in can override the lifetimes and the persistence of the session', async () => {
        await signIn(app, browser, { id: 'alice' }, OWN);
        const { info, sessionCookie } = await signIn(
          app,
          browser,
          { id: 'alice' },
          { idle: '1m', persistent: false },
        );

        expect(minutesOf(info)).toEqual({ idle: 1, absolute: 60 });
        expect(sessionCookie).not.toContain('Max-Age');
      });

      test('a sign-in of another user, or after a sign-out, takes over no lifetime', async () => {
        await signIn(app, browser, { id: 'alice' }, OWN);
        expect(minutesOf((await signIn(app, browser, { id: 'bob' })).info)).toEqual({
          idle: 20,
          absolute: 480,
        });
        await signIn(app, browser, { id: 'bob' }, OWN);
        stage.on('sign-out', (session) => app.sessions.signOut(session));
        await browser.post('/stage/sign-out');
        expect(minutesOf((await signIn(app, browser, { id: 'bob' })).info)).toEqual({
          idle: 20,
          absolute: 480,
        });
      });

      test('a sign-in may end at a point in time, which a step-up does not move', async () => {
        const end = new Date(Date.now() + 30 * MINUTE_MS);
        const first = await signIn(app, browser, { id: 'alice' }, { absolute: end });
        const second = await signIn(app, browser, { id: 'alice' });

        expect(new Date(first.info.absoluteEndAt)).toEqual(end);
        expect(new Date(second.info.absoluteEndAt)).toEqual(end);
        expect((await app.sessions.get(second.info.id))?.absoluteEndAt).toEqual(end);
      });

      test('an end in the past is rejected, and the client stays anonymous', async () => {
        const { status } = await signIn(
          app,
          browser,
          { id: 'carol' },
          { absolute: new Date(Date.now() - MINUTE_MS) },
        );

        expect(status).toBe(500);
        expect(log.recent('error').join()).toContain('absolute: expected a time to come');
        expect(await app.sessions.count('carol')).toBe(0);
      });

      test("a session with idle: 'none' lives until the absolute end", async () => {
        const { info } = await signIn(app, browser, { id: 'alice' }, { idle: 'none' });

        expect(info.idleEndAt).toEqual(info.absoluteEndAt);
        await visit(browser);
        const stored = await app.sessions.get(info.id);
        expect(stored?.idleEndAt).toEqual(new Date(info.absoluteEndAt));
      });

      test('signInAs() signs in at an earlier time', async () => {
        const signedInAt = new Date(Date.now() - 10 * MINUTE_MS);
        const { sessionId } = await signInAs(app.app, { id: 'alice' }, { signedInAt });
        const info = (await app.sessions.get(sessionId)) as SessionInfo;

        expect(info.signedInAt).toEqual(signedInAt);
        expect(minutesOf(info)).toEqual({ idle: 20, absolute: 480 });
      });
    });

    describe('with functions', () => {
      let app: TestApp;
      let browser: Client;
      let atActivity: () => unknown;
      beforeAll(async () => {
        app = await start({
          idle: ({ user, activity }) => {
            if (activity) return atActivity() as string;
            return (user as { role?: string } | null)?.role === 'admin' ? '5m' : '30m';
          },
          absolute: ({ user }) => (user ? '1h' : '2h'),
        });
      });
      beforeEach(() => {
        browser = app.client();
        atActivity = () => '10m';
      });

      test('the functions receive the user who signs in, and apply to anonymous sessions', async () => {
        await visit(browser);
        stage.on('describe', (session) => app.sessions.describe(session));
        const visitor = (await browser.post('/stage/describe')).body as SessionInfo;
        expect(minutesOf({ ...visitor, signedInAt: visitor.createdAt })).toEqual({ idle: 15, absolute: 120 });
        const admin = await signIn(app, browser, { id: 'root', role: 'admin' });
        expect(minutesOf(admin.info)).toEqual({ idle: 5, absolute: 60 });
        const member = await signIn(app, app.client(), { id: 'alice' });
        expect(minutesOf(member.info)).toEqual({ idle: 30, absolute: 60 });
      });

      test('the functions run at an activity, and their result is stored with it', async () => {
        const { info } = await signIn(app, browser, { id: 'alice' });
        await visit(browser);

        expect(minutesOf((await app.sessions.get(info.id)) as SessionInfo).idle).toBe(10);
      });

      test.each([
        [
          'gives none',
          () => 'soon',
          /^idle: expected a positive length of time.*from the function, received "soon"/,
        ],
        [
          'throws',
          () => {
            throw new Error('unavailable');
          },
          /^idle: expected a length of time from the function, but it threw: unavailable/,
        ],
      ])(
        'a function that %s at an activity changes no timeout and is logged',
        async (_how, fails, message) => {
          const { info } = await signIn(app, browser, { id: 'alice' });
          atActivity = fails;
          const { status } = await visit(browser);

          expect(status).toBe(200);
          expect(minutesOf((await app.sessions.get(info.id)) as SessionInfo).idle).toBe(30);
          const [event] = await app.eventsOf('timeout-failed');
          expect(event).toMatchObject({ sessionId: info.id, userId: 'alice' });
          expect(event?.error.message).toMatch(message);
          app.events.length = 0;
          // At most once a minute, so that the log does not grow too fast.
          expect(log.lines.map((line) => line.message).join()).toContain(
            'keeps its idle timeout: idle: expected',
          );
        },
      );
    });
  });

  test("a repeated login with passport's own methods keeps the session's lifetimes and persistence", async () => {
    const app = await passportApp(platform);
    const browser = app.client();
    await browser.post('/login', { username: 'alice', password: 'password' });
    const [first] = await app.sessions.list(7);
    await browser.post('/login', { username: 'alice', password: 'password' });
    const [second] = await app.sessions.list(7);

    expect(second?.id).not.toBe(first?.id);
    expect(minutesOf(second as SessionInfo)).toEqual({ idle: 5, absolute: 60 });
    await app.app.close();
  });
});

/** Starts an application whose lifetimes are short for the first sign-in only, like a policy that has changed since. */
function passportApp(platform: Platform): Promise<TestApp> {
  const seen: string[] = [];
  const brief = (short: string, long: string, name: string) => () => {
    const isFirst = !seen.includes(name);
    seen.push(name);
    return isFirst ? short : long;
  };
  return startPassportApp(platform, {
    way: 'request.logIn()',
    serialization: BY_NUMBER,
    session: { idle: brief('5m', '30m', 'idle'), absolute: brief('1h', '12h', 'absolute') },
  });
}

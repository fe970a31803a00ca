import type { SessionInfo } from 'nestjs-redis-session';
import type { TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { startPassportApp, USERS, WAYS } from './passport.app.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const [ALICE, BOB] = USERS;

onEachPlatform((platform) => {
  describe.each(WAYS)('signing in with passport by %s', (way) => {
    let app: TestApp;
    let browser: Client;
    beforeAll(async () => {
      app = await startPassportApp(platform, {
        way,
        session: { limit: { max: 2, onExceed: 'evict-oldest' } },
      });
    });
    beforeEach(() => {
      browser = app.client();
      app.events.length = 0;
    });
    afterEach(() => Promise.all(USERS.map(({ id }) => app.sessions.revokeAll(id))));

    const logIn = (client = browser, username = 'alice', password = 'password') =>
      client.post('/login', { username, password }, { headers: { 'User-Agent': FIREFOX } });
    const me = async (client = browser) => {
      const { status, body } = await client.get('/me');
      return status === 200 ? (body as { user: unknown }).user : (body as { reason: string }).reason;
    };

    test('a wrong password is answered with 401 and leaves no key behind', async () => {
      const before = await app.keys();
      const { status, setCookies } = await logIn(browser, 'alice', 'wrong');

      expect(status).toBe(401);
      expect(setCookies).toEqual([]);
      expect(await app.keys()).toEqual(before);
    });

    test('a sign-in lists and counts the session under its user, with device and address', async () => {
      const { status, body } = await logIn();
      const { session } = body as { session: string };

      expect(status).toBe(200);
      expect(body).toMatchObject({ user: ALICE });
      expect(await app.sessions.count(7)).toBe(1);
      expect(await app.sessions.list('7')).toEqual([
        expect.objectContaining<Partial<SessionInfo>>({
          id: session,
          userId: '7',
          device: 'Firefox on Linux',
          address: '127.0.0.1',
        }),
      ]);
      expect(await me()).toEqual(way === 'request.logIn()' ? ALICE : { id: '7' });
      expect(await app.eventsOf('signed-in')).toMatchObject([
        { sessionId: session, userId: '7', evicted: [] },
      ]);
    });

    test('a sign-in invalidates the previous cookie, so a planted cookie gains nothing', async () => {
      await browser.post('/visit');
      const planted = browser.copy();
      await logIn();

      expect(browser.cookie).not.toBe(planted.cookie);
      expect(await me()).not.toBe('anonymous');
      expect(await planted.get('/me')).toMatchObject({ status: 401, body: { reason: 'replaced' } });
      expect((await planted.get('/data')).body).toEqual({ cart: null });
    });

    test('a repeated sign-in of one user changes the cookie, too, and keeps one session', async () => {
      await logIn();
      const old = browser.copy();
      await logIn();

      expect(await me(old)).toBe('replaced');
      expect(await app.sessions.count(7)).toBe(1);
    });

    test('a sign-in of another user ends the previous session and takes over none of its data', async () => {
      await logIn();
      await browser.post('/visit');
      await logIn(browser, 'bob');

      expect((await browser.get('/data')).body).toEqual({ cart: null });
      expect([await app.sessions.count(7), await app.sessions.count(8)]).toEqual([0, 1]);
      expect(await me()).toEqual(way === 'request.logIn()' ? BOB : { id: '8' });
    });

    test('a sign-in beyond the limit evicts the oldest session, and the next response to its client says so', async () => {
      const clients = [app.client(), app.client(), app.client()] as const;
      for (const client of clients) await logIn(client);

      expect(await me(clients[0])).toBe('evicted');
      expect(await app.sessions.count(7)).toBe(2);
      expect(await app.eventsOf('evicted')).toHaveLength(1);
    });

    test('a form that is submitted twice at once counts as one sign-in', async () => {
      await browser.post('/visit');
      const tabs = [browser, browser.copy()] as const;
      const answers = await Promise.all(tabs.map((tab) => logIn(tab)));

      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(tabs[0].cookie).toBe(tabs[1].cookie);
      expect(await me()).not.toBe('anonymous');
      expect(await app.sessions.count(7)).toBe(1);
      expect(await app.eventsOf('signed-in')).toHaveLength(1);
    });

    test('a logout ends the session, clears the cookie and empties the index', async () => {
      await logIn();
      const stolen = browser.copy();
      const { status, sessionCookie } = await browser.post('/logout');

      expect(status).toBe(204);
      expect(sessionCookie).toContain('Max-Age=0');
      expect(await stolen.get('/me')).toMatchObject({ status: 401, body: { reason: 'signed-out' } });
      expect(await app.sessions.count(7)).toBe(0);
      expect(await app.eventsOf('signed-out')).toMatchObject([{ userId: '7' }]);
    });

    test('a revocation takes effect at the next request', async () => {
      const { body } = await logIn();
      await app.sessions.revoke((body as { session: string }).session, { ownedBy: 7 });

      expect(await me()).toBe('revoked');
      expect(browser.cookie).toBeNull();
    });
  });

  describe.each(WAYS)("with the policy 'reject', signing in by %s", (way) => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startPassportApp(platform, { way, session: { limit: { max: 1, onExceed: 'reject' } } });
    });

    test('a sign-in beyond the limit is answered with 409 and the live sessions, and changes nothing', async () => {
      const [first, second] = [app.client(), app.client()];
      const credentials = { username: 'alice', password: 'password' };
      const { body } = await first.post('/login', credentials, { headers: { 'User-Agent': FIREFOX } });
      const { session } = body as { session: string };
      const before = await app.keys();
      const answer = await second.post('/login', credentials);

      expect(answer.status).toBe(409);
      expect(answer.body).toMatchObject({
        statusCode: 409,
        error: 'Conflict',
        max: 1,
        sessions: [{ id: session, userId: '7', device: 'Firefox on Linux', address: '127.0.0.1' }],
      });
      expect(second.cookie).toBeNull();
      expect(await app.keys()).toEqual(before);
      expect((await first.get('/me')).status).toBe(200);
      expect(await app.eventsOf('rejected')).toMatchObject([{ userId: '7', max: 1, live: [session] }]);

      // The client can let the user end one of the sessions, and try again.
      await app.sessions.revoke(session, { ownedBy: 7 });
      expect((await second.post('/login', credentials)).status).toBe(200);
    });
  });
});

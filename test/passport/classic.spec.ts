import type { TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { BY_NUMBER, type Serialization, startPassportApp, type User, USERS } from './passport.app.js';

const [ALICE, BOB] = USERS;
const CREDENTIALS = { username: 'alice', password: 'password' };
const way = 'request.logIn()';

onEachPlatform((platform) => {
  describe('passport beside the option users', () => {
    let app: TestApp;
    beforeAll(async () => {
      const load = (id: string) => ({ id, name: 'loaded' });
      app = await startPassportApp(platform, { way, session: { users: { load } } });
    });

    test('request.user is the user of passport, and @CurrentUser() the one that the option users loads', async () => {
      const browser = app.client();
      await browser.post('/login', CREDENTIALS);

      expect((await browser.get('/me')).body).toEqual({
        user: { id: '7', name: 'loaded' },
        onRequest: ALICE,
      });
    });
  });

  describe('a limit that depends on the user whom passport signs in', () => {
    let app: TestApp;
    const asked: unknown[] = [];
    // The serializer decides which user signs in; here it is another one than request.user.
    const serialization = { ...BY_NUMBER, serialize: () => 8 };
    beforeAll(async () => {
      const max = (user: unknown) => (asked.push(user), 3);
      app = await startPassportApp(platform, {
        way,
        serialization,
        session: { limit: { max, onExceed: 'evict-oldest' } },
      });
    });

    test('the limit function receives the id alone if request.user is another user', async () => {
      await app.client().post('/login', CREDENTIALS);

      expect(await app.sessions.count(8)).toBe(1);
      expect(asked).toEqual([{ id: '8' }]);
    });
  });

  describe('the classic passport.session() and PassportSerializer', () => {
    let app: TestApp;
    let browser: Client;
    const known = new Set(USERS);
    beforeAll(async () => {
      const find = (id: number) => [...known].find((user) => user.id === id);
      app = await startPassportApp(platform, { way, serialization: { ...BY_NUMBER, find } });
    });
    beforeEach(() => {
      browser = app.client();
      app.events.length = 0;
    });
    afterEach(() => Promise.all(USERS.map(({ id }) => app.sessions.revokeAll(id))));

    const passport = async (client = browser) => (await client.get('/passport')).body;

    test('request.user and isAuthenticated() are correct in handlers', async () => {
      expect(await passport()).toEqual({ user: null, isAuthenticated: false, session: {} });
      await browser.post('/login', CREDENTIALS);

      expect(await passport()).toEqual({
        user: ALICE,
        isAuthenticated: true,
        session: { passport: { user: 7 } },
      });
      expect((await browser.get('/me')).body).toEqual({ user: ALICE, onRequest: ALICE });
    });

    test('request.logIn() in a handler, without a guard, signs in', async () => {
      const { body } = await browser.post('/login-by-hand');

      expect(body).toEqual({ user: BOB });
      expect(await passport()).toMatchObject({ user: BOB, isAuthenticated: true });
      expect(await app.sessions.count(8)).toBe(1);
    });

    test('the login drops anonymous data, and the logout the data of the session', async () => {
      await browser.post('/visit');
      await browser.post('/login', CREDENTIALS);
      expect((await browser.get('/data')).body).toEqual({ cart: null });
      await browser.post('/visit');
      await browser.post('/logout');

      expect((await browser.get('/data')).body).toEqual({ cart: null });
      expect(browser.cookie).toBeNull();
    });

    test('one login emits one event, begins one session and leaves no key of the previous one', async () => {
      await browser.post('/visit');
      const { body } = await browser.post('/login', CREDENTIALS);
      const { session } = body as { session: string };

      expect(await app.eventsOf('signed-in')).toMatchObject([{ sessionId: session, userId: '7' }]);
      expect((await app.sessionKeys()).filter((key) => key.endsWith(session.slice(3)))).toHaveLength(1);
      expect(app.events.map(({ type }) => type)).toEqual(['signed-in']);
    });

    test('one logout emits one event', async () => {
      await browser.post('/login', CREDENTIALS);
      app.events.length = 0;
      await browser.post('/logout');

      await app.eventsOf('signed-out');
      expect(app.events.map(({ type }) => type)).toEqual(['signed-out']);
    });

    test('a logout of an anonymous client succeeds and leaves no key', async () => {
      const before = await app.keys();

      expect((await browser.post('/logout')).status).toBe(204);
      expect(await app.keys()).toEqual(before);
      await app.eventsOf('signed-out');
      expect(app.events).toEqual([]);
    });

    test('a user whom the deserializer no longer finds is signed out', async () => {
      await browser.post('/login', CREDENTIALS);
      known.delete(ALICE as User);
      const seen = await passport();
      known.add(ALICE as User);

      expect(seen).toMatchObject({ user: null, isAuthenticated: false });
      expect(await app.sessions.count(7)).toBe(0);
      expect(browser.cookie).toBeNull();
    });

    test('a request without a session cookie is not slowed by a session of its own', async () => {
      const { setCookies, headers } = await browser.get('/passport');

      expect(setCookies).toEqual([]);
      expect(headers.vary).toBe('Cookie');
    });
  });

  describe('keepSessionInfo', () => {
    test('keepSessionInfo keeps the data at login and logout, and the token changes each time', async () => {
      const app = await startPassportApp(platform, { way, guard: { keepSessionInfo: true } });
      const browser = app.client();
      const seen = new Set<string | null>();
      await browser.post('/visit');
      seen.add(browser.cookie);
      await browser.post('/login', CREDENTIALS);
      seen.add(browser.cookie);

      expect((await browser.get('/data')).body).toEqual({ cart: ['book'] });
      expect(await app.sessions.count(7)).toBe(1);
      const stolen = browser.copy();
      await browser.post('/logout');
      seen.add(browser.cookie);

      expect((await browser.get('/data')).body).toEqual({ cart: ['book'] });
      expect((await browser.get('/passport')).body).toMatchObject({ user: null, isAuthenticated: false });
      expect(seen.size).toBe(3);
      expect(await app.sessions.count(7)).toBe(0);
      expect((await stolen.get('/data')).body).toEqual({ cart: null });
      expect(await app.eventsOf('signed-out')).toHaveLength(1);
    });
  });

  describe('the serializer of the application', () => {
    test.each<[string, Serialization, number | undefined]>([
      ['a number', BY_NUMBER, undefined],
      ['a text', { serialize: ({ id }) => String(id), find: (id: string) => byId(Number(id)) }, undefined],
      [
        'an object with an id',
        { serialize: ({ id, name }) => ({ id, name }), find: ({ id }: User) => byId(id) },
        undefined,
      ],
    ])('a serializer that returns %s indexes the session under its user', async (_what, serialization) => {
      const app = await startPassportApp(platform, { way, serialization });
      const browser = app.client();
      await browser.post('/login', CREDENTIALS);

      expect(await app.sessions.list(7)).toHaveLength(1);
      expect((await browser.get('/passport')).body).toMatchObject({ user: ALICE, isAuthenticated: true });
    });

    const bySubject: Serialization = {
      serialize: ({ id, name }) => ({ sub: id, name }),
      find: ({ sub }: { sub: number }) => byId(sub),
    };

    test('an object without an id is rejected with advice in the message, and the client stays anonymous', async () => {
      const app = await startPassportApp(platform, { way, serialization: bySubject });
      const browser = app.client();
      const { status, text } = await browser.post('/login', CREDENTIALS);

      expect(status).toBe(500);
      expect(text).not.toContain('alice');
      expect(log.recent('error').join()).toMatch(/an object without "id".*"passport\.userId"/);
      expect(browser.cookie).toBeNull();
      expect(await app.sessionKeys()).toEqual([]);
      expect(await app.sessions.count(7)).toBe(0);
    });

    test('an object without an id is accepted with the option passport.userId', async () => {
      const userId = (serialized: unknown) => (serialized as { sub: number }).sub;
      const app = await startPassportApp(platform, {
        way,
        serialization: bySubject,
        session: { passport: { userId } },
      });
      const browser = app.client();
      await browser.post('/login', CREDENTIALS);

      expect(await app.sessions.list(7)).toHaveLength(1);
      expect((await browser.get('/passport')).body).toMatchObject({ user: ALICE });
    });
  });

  describe('the limit by role', () => {
    test('the limit function receives the user who signs in', async () => {
      const asked: unknown[] = [];
      const max = (user: object) => (asked.push(user), 1);
      const app = await startPassportApp(platform, {
        way,
        session: { limit: { max, onExceed: 'evict-oldest' } },
      });
      await app.client().post('/login', CREDENTIALS);

      expect(asked).toEqual([ALICE]);
    });
  });
});

function byId(id: number): User | undefined {
  return USERS.find((user) => user.id === id);
}

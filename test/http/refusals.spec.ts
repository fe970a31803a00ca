import type { SessionInfo } from 'nestjs-redis-session';
import type { TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { FIREFOX, signIn, startGuarded } from './guarded.app.js';

onEachPlatform((platform) => {
  describe('the reason of a response 401', () => {
    let app: TestApp;
    let browser: Client;
    beforeAll(async () => {
      app = await startGuarded(platform, {
        limit: { max: 2, onExceed: 'evict-oldest' },
        users: { load: (id) => (id === 'ghost' ? null : { id, name: id }) },
      });
    });
    beforeEach(() => {
      browser = app.client();
    });

    const REASONS = {
      anonymous: 'You are not signed in.',
      'signed-out': 'You have signed out.',
      evicted: 'You were signed out because you signed in elsewhere.',
      revoked: 'This session was ended from elsewhere.',
      replaced: 'This session was moved to a newer cookie.',
      expired: 'The session has expired.',
      'unknown-user': 'The user of this session does not exist any more.',
    };
    const refusal = (reason: keyof typeof REASONS, more: object = {}) => ({
      status: 401,
      body: {
        ...{ statusCode: 401, message: REASONS[reason], error: 'Unauthorized', reason },
        code: /^(anonymous|unknown-user)$/.test(reason) ? 'SESSION_REQUIRED' : 'SESSION_ENDED',
        ...more,
      },
    });
    const refused = async (client: Client) => {
      const { status, body, sessionCookie } = await client.get('/account/me');
      return { answer: { status, body }, isCookieTaken: sessionCookie?.includes('Max-Age=0') ?? false };
    };
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;

    test('the response 401 says that the client is anonymous', async () => {
      expect(await refused(browser)).toEqual({ answer: refusal('anonymous'), isCookieTaken: false });
    });

    test('the response 401 says that the session was signed out, and when', async () => {
      await signIn(browser);
      const other = browser.copy();
      await browser.post('/account/sign-out');

      expect(browser.cookie).toBeNull();
      expect(await refused(other)).toEqual({ answer: refusal('signed-out', { at }), isCookieTaken: true });
      expect(await refused(other)).toEqual({ answer: refusal('anonymous'), isCookieTaken: false });
    });

    test('the response 401 says that the session was evicted, when, and by which device and address', async () => {
      const [second, third] = [app.client(), app.client()];
      await signIn(browser, 'evictee');
      await signIn(second, 'evictee');
      await signIn(third, 'evictee', FIREFOX);

      expect(await refused(browser)).toEqual({
        answer: refusal('evicted', { at, by: { device: 'Firefox on Linux', address: '127.0.0.1' } }),
        isCookieTaken: true,
      });
      expect((await second.get('/account/me')).status).toBe(200);
    });

    test('the response 401 says that the session was revoked, and when', async () => {
      const { body } = await signIn(browser);
      await app.sessions.revoke((body as SessionInfo).id);

      expect(await refused(browser)).toEqual({ answer: refusal('revoked', { at }), isCookieTaken: true });
    });

    test('the response 401 says that all sessions of the user were revoked', async () => {
      const other = app.client();
      await signIn(browser, 'bob');
      await signIn(other, 'bob');

      expect(await app.sessions.revokeAll('bob')).toBe(2);
      expect([await refused(browser), await refused(other)]).toEqual(
        [1, 2].map(() => ({ answer: refusal('revoked', { at }), isCookieTaken: true })),
      );
    });

    test.each(['/account/regenerate', '/account/become'])(
      'the response 401 says that the session was replaced by %s, and the cookie stays',
      async (path) => {
        await signIn(browser);
        const old = browser.copy();
        await browser.post(path, { id: 'alice' });

        expect(await refused(old)).toEqual({ answer: refusal('replaced', { at }), isCookieTaken: false });
        expect((await browser.get('/account/me')).status).toBe(200);
      },
    );

    test('the response 401 says that the session expired by the idle timeout, or by the absolute one despite activity', async () => {
      const [idleMs, absoluteMs] = [1_000, 2_000];
      const brief = await startGuarded(platform, { idle: `${idleMs}ms`, absolute: `${absoluteMs}ms` });
      const [idler, worker] = [brief.client(), brief.client()];
      await Promise.all([signIn(idler), signIn(worker, 'bob')]);
      const signedInAt = Date.now();
      // A request that succeeds was sent while its session was live, however late the response arrives.
      let lastSuccessSentAt = 0;
      for (let sentAt = signedInAt; sentAt < signedInAt + absoluteMs + 100; sentAt = Date.now()) {
        if ((await worker.copy().get('/account/me')).status === 200) lastSuccessSentAt = sentAt;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }

      // The session outlived its idle timeout, with the tenth that may pass unrecorded, but not its absolute one.
      expect(lastSuccessSentAt - signedInAt).toBeGreaterThan(1.1 * idleMs);
      expect(lastSuccessSentAt - signedInAt).toBeLessThanOrEqual(absoluteMs);
      for (const client of [idler, worker]) {
        expect(await refused(client)).toEqual({ answer: refusal('expired'), isCookieTaken: true });
      }
    });

    test('the response 401 says expired if the cookie was never issued', async () => {
      browser.cookie = `__Host-sid=${'x'.repeat(46)}`;

      expect(await refused(browser)).toEqual({ answer: refusal('expired'), isCookieTaken: true });
    });

    test('the response 401 says that the user is unknown, and the session stays in case the user returns', async () => {
      await signIn(browser, 'ghost');

      expect(await refused(browser)).toEqual({ answer: refusal('unknown-user'), isCookieTaken: false });
      expect(await app.sessions.count('ghost')).toBe(1);
    });
  });
});

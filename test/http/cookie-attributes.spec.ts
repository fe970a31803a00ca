import type { SessionCookieOptions, SessionModuleOptions } from 'nestjs-redis-session';
import { startApp, type TestApp, TLS } from '../support/app.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { type Act, Stage, staged } from '../support/stage.js';

/** Returns the attributes of a `Set-Cookie` header in a fixed order, without the cookie's value. */
const attributesOf = (cookie: string | null) => (cookie ?? '').split('; ').slice(1).sort();
const nameOf = (cookie: string | null) => cookie?.split('=')[0];

onEachPlatform((platform) => {
  const stage = new Stage();

  const start = (session: SessionModuleOptions = {}, more: { trustProxy?: boolean; tls?: typeof TLS } = {}) =>
    startApp(platform, { ...staged(stage), session, ...more });
  const act = (app: TestApp, handler: Act, headers: Record<string, string> = {}, client = app.client()) => {
    stage.on('act', handler);
    return client.post('/stage/act', undefined, { headers });
  };
  const write: Act = (session) => void (session['a'] = 1);
  const https = { 'X-Forwarded-Proto': 'https' };

  test('the default cookie has a __Host- name, Secure, HttpOnly, SameSite=Lax and Path=/, and no Max-Age [ASVS 3.3.1] [ASVS 3.3.2] [ASVS 3.3.3]', async () => {
    const app = await start({}, { tls: TLS });
    const browser = app.client();
    const { sessionCookie } = await act(app, write, {}, browser);

    expect(sessionCookie).toMatch(/^__Host-sid=[\w-]{46}; /);
    expect(attributesOf(sessionCookie)).toEqual(['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']);
    expect((await act(app, (session) => ({ ...session }), {}, browser)).body).toEqual({ a: 1 });
    expect(log.troubles).toEqual([]);
  });

  test('a Secure cookie is set even over a plain connection, with one warning that says what to do', async () => {
    const app = await start();
    const { sessionCookie } = await act(app, write);
    await act(app, write);

    expect(attributesOf(sessionCookie)).toContain('Secure');
    expect(log.recent('warn')).toEqual([
      expect.stringMatching(/browsers may drop it.*X-Forwarded-Proto.*trust proxy.*'auto'/),
    ]);
  });

  describe("secure: 'auto'", () => {
    const auto = { cookie: { secure: 'auto' } } as const;

    test('the cookie over HTTP has a plain name and no Secure', async () => {
      const app = await start(auto);
      const { sessionCookie } = await act(app, write);

      expect(nameOf(sessionCookie)).toBe('sid');
      expect(attributesOf(sessionCookie)).toEqual(['HttpOnly', 'Path=/', 'SameSite=Lax']);
      expect(log.troubles).toEqual([]);
    });

    test('a cookie over HTTP in production causes one warning, with advice for the proxy and the platform', async () => {
      const { NODE_ENV } = process.env;
      process.env['NODE_ENV'] = 'production';
      try {
        const app = await start(auto);
        for (let n = 0; n < 2; n++) await act(app, write);
        expect(log.recent('warn')).toEqual([
          expect.stringMatching(/without Secure.*NODE_ENV=production.*X-Forwarded-Proto.*trust proxy/),
        ]);
        log.turnPage();
        const trusting = await start(auto, { trustProxy: true });
        await act(trusting, write, https);
        expect(log.recent('warn')).toEqual([]);
      } finally {
        process.env['NODE_ENV'] = NODE_ENV;
      }
    });

    test('the cookie over TLS has a __Host- name and Secure', async () => {
      const app = await start(auto, { tls: TLS });
      const { sessionCookie } = await act(app, write);

      expect(nameOf(sessionCookie)).toBe('__Host-sid');
      expect(attributesOf(sessionCookie)).toContain('Secure');
    });

    test('the cookie behind a trusted proxy follows X-Forwarded-Proto', async () => {
      const app = await start(auto, { trustProxy: true });

      expect(nameOf((await act(app, write, https)).sessionCookie)).toBe('__Host-sid');
      expect(nameOf((await act(app, write, { 'X-Forwarded-Proto': 'http' })).sessionCookie)).toBe('sid');
      expect(nameOf((await act(app, write)).sessionCookie)).toBe('sid');
    });

    test.each(['X-Forwarded-Proto', 'X-Forwarded-Protocol', 'X-Url-Scheme', 'Front-End-Https', 'Forwarded'])(
      'the header %s is ignored without a trusted proxy',
      async (header) => {
        const app = await start(auto);
        const { sessionCookie } = await act(app, write, {
          [header]: header === 'Forwarded' ? 'proto=https' : 'https',
        });

        expect(nameOf(sessionCookie)).toBe('sid');
        expect(attributesOf(sessionCookie)).not.toContain('Secure');
      },
    );

    test('a cookie that was set over HTTP, where an attacker could have planted it, is ignored over TLS', async () => {
      const app = await start(auto, { trustProxy: true });
      const browser = app.client();
      await act(app, write, {}, browser);

      expect(browser.cookie).toMatch(/^sid=/);
      expect((await act(app, (session) => ({ ...session }), https, browser)).body).toEqual({});
    });
  });

  describe('a persistent cookie', () => {
    const HOUR = 3600;

    test('the option persistent gives the cookie the lifetime of the session, to the second', async () => {
      const app = await start({ cookie: { persistent: true }, idle: '30m', absolute: '1h' });
      const { sessionCookie } = await act(app, write);

      expect(maxAgeOf(sessionCookie)).toBeGreaterThanOrEqual(HOUR - 2);
      expect(maxAgeOf(sessionCookie)).toBeLessThanOrEqual(HOUR);
    });

    test('a sign-in can give the cookie the lifetime of its session, which a regeneration keeps', async () => {
      const app = await start();
      const browser = app.client();
      const signedIn = await act(
        app,
        (_session, request) =>
          app.sessions.signIn(request, { id: 'alice' }, { persistent: true, absolute: '30d' }),
        {},
        browser,
      );
      const regenerated = await act(app, (session) => session.regenerate(), {}, browser);

      for (const { sessionCookie } of [signedIn, regenerated]) {
        expect(maxAgeOf(sessionCookie)).toBeGreaterThanOrEqual(30 * 24 * HOUR - 5);
        expect(maxAgeOf(sessionCookie)).toBeLessThanOrEqual(30 * 24 * HOUR);
      }
    });

    test('a sign-in can override the option persistent', async () => {
      const app = await start({ cookie: { persistent: true } });
      const { sessionCookie } = await act(app, (_session, request) =>
        app.sessions.signIn(request, { id: 'alice' }, { persistent: false }),
      );

      expect(attributesOf(sessionCookie)).toEqual(['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']);
    });

    test('the server ends the session: a cookie that is kept longer is rejected', async () => {
      const app = await start({ cookie: { persistent: true }, idle: '30ms', absolute: '60ms' });
      const browser = app.client();
      await act(app, write, {}, browser);
      const kept = browser.copy();
      await new Promise((resolve) => setTimeout(resolve, 80));

      expect((await act(app, (session) => ({ ...session }), {}, kept)).body).toEqual({});
    });
  });

  test.each<[string, SessionCookieOptions, string[]]>([
    ['the default cookie', {}, ['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']],
    ['a strict cookie', { sameSite: 'strict' }, ['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure']],
    [
      'a cookie for embedded pages',
      { sameSite: 'none', partitioned: true },
      ['HttpOnly', 'Partitioned', 'Path=/', 'SameSite=None', 'Secure'],
    ],
    [
      'a cookie for a domain and a path',
      { domain: 'example.com', path: '/stage' },
      ['Domain=example.com', 'HttpOnly', 'Path=/stage', 'SameSite=Lax', 'Secure'],
    ],
    ['a plain cookie', { secure: false }, ['HttpOnly', 'Path=/', 'SameSite=Lax']],
    ['a persistent cookie', { persistent: true }, ['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']],
  ])('%s is cleared with the same attributes with which it was set', async (_what, cookie, expected) => {
    const app = await start({ cookie });
    const browser = app.client();
    const set = (await act(app, write, {}, browser)).sessionCookie;
    const cleared = (await act(app, (session) => session.destroy(), {}, browser)).sessionCookie;
    const lasting = (attributes: string[]) =>
      attributes.filter((attribute) => !/^(Max-Age|Expires)=/.test(attribute));

    expect(lasting(attributesOf(set))).toEqual(expected);
    expect(lasting(attributesOf(cleared))).toEqual(expected);
    expect(nameOf(cleared)).toBe(nameOf(set));
    expect(cleared).toMatch(/=; /);
    expect(attributesOf(cleared)).toEqual(
      expect.arrayContaining(['Max-Age=0', 'Expires=Thu, 01 Jan 1970 00:00:00 GMT']),
    );
  });

  test('a configured name is used unchanged, over HTTP and TLS alike', async () => {
    const app = await start({ cookie: { name: 'kept', secure: 'auto' } }, { trustProxy: true });

    for (const headers of [{}, https]) {
      const { setCookies } = await act(app, write, headers);
      expect(setCookies).toEqual([expect.stringMatching(/^kept=[\w-]{46}; /)]);
    }
  });

  test('name and value stay far below 4096 bytes, beyond which browsers ignore a cookie', async () => {
    const app = await start({ cookie: { name: 'n'.repeat(128) } });
    const { setCookies } = await act(app, write);

    expect(setCookies[0]?.split(';')[0]?.length).toBe(128 + 1 + 46);
  });
});

function maxAgeOf(cookie: string | null): number {
  return Number(/; Max-Age=(\d+)/.exec(cookie ?? '')?.[1]);
}

import { CookieJar } from 'tough-cookie';
import { startPassportApp, WAYS } from '../passport/passport.app.js';
import type { TestApp } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';

const HOST = 'app.example.test';
const URL_OF_PAGES = `http://${HOST}/`;
const ALICE = { username: 'alice', password: 'password' };
const BOB = { username: 'bob', password: 'password' };
/** Options of a release that adds a domain to those of the previous one, with the same name. */
const SESSION = { cookie: { name: 'sid', secure: false, domain: 'example.test' } } as const;

/** A browser that keeps a cookie for each domain and path, as browsers do. */
class JarredClient {
  readonly jar = new CookieJar(undefined, { rejectPublicSuffixes: false });

  constructor(private readonly client: Client) {}

  async send(method: string, path: string, json?: unknown): Promise<Answer> {
    const cookie = this.jar.getCookieStringSync(new URL(path, URL_OF_PAGES).href) || null;
    const answer = await this.client.send(method, path, { cookie, json, headers: { Host: HOST } });
    for (const line of answer.setCookies) {
      this.jar.setCookieSync(line, new URL(path, URL_OF_PAGES).href);
    }
    return answer;
  }

  /** Stores a cookie from any source. */
  plant(cookie: string | null, attributes: string): void {
    this.jar.setCookieSync(`${cookie}; ${attributes}`, URL_OF_PAGES);
  }

  get cookies(): { readonly hostOnly: boolean; readonly path: string }[] {
    return this.jar
      .getCookiesSync(URL_OF_PAGES)
      .map(({ hostOnly, path }) => ({ hostOnly: hostOnly === true, path: path ?? '' }));
  }
}

onEachPlatform((platform) => {
  describe.each(WAYS)('a browser with several session cookies, signing in by %s,', (way) => {
    let app: TestApp;
    let browser: JarredClient;

    beforeAll(async () => {
      app = await startPassportApp(platform, { way, session: SESSION });
    });
    afterAll(() => app.stop());
    beforeEach(async () => {
      await app.sessions.revokeEveryone();
      browser = new JarredClient(app.client());
      app.events.length = 0;
    });

    const cookieOf = async (credentials: object) => {
      const client = app.client();
      await client.post('/login', credentials);
      return client.cookie;
    };
    const live = async () => (await app.sessions.count(7)) + (await app.sessions.count(8));

    test('a browser with a cookie of an earlier release without the domain is signed in after one sign-in', async () => {
      browser.plant(await cookieOf(ALICE), 'Path=/');
      browser.plant(await cookieOf(ALICE), 'Path=/; Domain=example.test');
      expect((await browser.send('GET', '/me')).status).toBe(401);

      expect((await browser.send('POST', '/login', ALICE)).status).toBe(200);
      expect(browser.cookies).toEqual([{ hostOnly: false, path: '/' }]);
      expect(await browser.send('GET', '/me')).toMatchObject({ status: 200, setCookies: [] });
      expect(await app.sessions.count(7)).toBe(1);
    });

    test('a browser with a cookie planted by a neighbouring host becomes neither user, and the sign-in ends both', async () => {
      browser.plant(await cookieOf(BOB), 'Path=/; Domain=example.test');
      browser.plant(await cookieOf(ALICE), 'Path=/');
      expect((await browser.send('GET', '/me')).status).toBe(401);
      expect((await app.eventsOf('ambiguous-cookie'))[0]).toMatchObject({ cookies: 2 });

      await browser.send('POST', '/login', ALICE);
      expect((await browser.send('GET', '/me')).status).toBe(200);
      expect([await app.sessions.count(7), await app.sessions.count(8)]).toEqual([1, 0]);
    });

    test('a browser with a cookie that the options cannot clear is signed in after one sign-in', async () => {
      browser.plant(await cookieOf(BOB), 'Path=/me; Domain=example.test');
      browser.plant(await cookieOf(ALICE), 'Path=/');
      expect((await browser.send('GET', '/me')).status).toBe(401);

      await browser.send('POST', '/login', ALICE);
      await browser.send('GET', '/me');
      await app.sessions.revokeAll(8);
      expect((await browser.send('GET', '/me')).status).toBe(200);
    });

    // The route of the other way requires a signed-in user.
    if (way === 'request.logIn()')
      test('a sign-out ends the sessions of all cookies and clears them', async () => {
        browser.plant(await cookieOf(ALICE), 'Path=/');
        browser.plant(await cookieOf(BOB), 'Path=/; Domain=example.test');

        expect((await browser.send('POST', '/logout')).status).toBe(204);
        expect(browser.cookies).toEqual([]);
        expect(await live()).toBe(0);
      });

    test('a sign-in and a sign-out in one request end the new session and all presented ones', async () => {
      browser.plant(await cookieOf(ALICE), 'Path=/');
      browser.plant(await cookieOf(BOB), 'Path=/; Domain=example.test');
      await browser.send('POST', '/login', ALICE);
      expect((await browser.send('POST', '/logout')).status).toBe(204);
      expect(browser.cookies).toEqual([]);
      expect(await live()).toBe(0);
    });

    test('a browser with several cookies gets one valid cookie when it writes, and the others are cleared', async () => {
      browser.plant(await cookieOf(ALICE), 'Path=/');
      browser.plant(await cookieOf(BOB), 'Path=/; Domain=example.test');
      await browser.send('POST', '/visit');
      const sessions = (await app.sessionKeys()).length;
      await browser.send('POST', '/visit');
      expect(browser.cookies).toEqual([{ hostOnly: false, path: '/' }]);
      expect((await app.sessionKeys()).length).toBe(sessions);
    });
  });
});

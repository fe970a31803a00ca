import { setTimeout as wait } from 'node:timers/promises';
import { Gate } from 'nestjs-redis-session/testing';
import { CookieJar } from 'tough-cookie';
import type { Client } from '../support/client.js';
import type { Act } from '../support/stage.js';
import { onEachReading } from './support/readings.js';
import { addOne, TwoApps, USER } from './support/two-apps.js';

const SITE = 'http://localhost/';
/** Shortest idle timeout that is allowed. */
const IDLE_MS = 1_000;

interface OldCookie {
  readonly what: string;
  /** Gives the browser the cookie. */
  readonly give: (browser: Browser) => Promise<unknown>;
}

const OLD_COOKIES: readonly OldCookie[] = [
  { what: 'belongs to an anonymous session', give: (browser) => browser.post('/stage/visit') },
  { what: "belongs to the same user's session", give: (browser) => browser.post('/stage/login') },
  { what: "belongs to another user's session", give: (browser) => browser.post('/stage/login-as-bob') },
  {
    what: 'has expired',
    give: async (browser) => {
      await browser.post('/stage/login-briefly');
      await wait(IDLE_MS * 1.2);
    },
  },
  {
    what: 'was signed out in another tab whose response was lost',
    give: async (browser) => {
      await browser.post('/stage/login');
      await browser.tab().post('/stage/logout');
    },
  },
];

/** Handlers of five slower requests, which act once the gate is open. */
const SLOW: Readonly<Record<string, Act>> = {
  'slow-read': (session) => session['cart'],
  'slow-write': (session) => void (session['late'] = 1),
  'slow-save': async (session) => {
    session['late'] = 2;
    await session.save();
  },
  'slow-add': (session) => addOne(session, 'late'),
  'slow-logout': (session) => session.destroy(),
};

onEachReading((platform, isCached) => {
  describe('a browser that signs in while five slower requests are in progress', () => {
    const apps = new TwoApps(platform, isCached);

    beforeAll(async () => {
      await apps.start();
      const { sessions } = apps.first;
      apps.on('visit', (session) => void (session['cart'] = ['book']));
      apps.on('login-as-bob', (_session, request) => sessions.signIn(request, { id: 'bob' }));
      apps.on('login-briefly', (_session, request) =>
        sessions.signIn(request, { id: USER }, { idle: IDLE_MS }),
      );
    });
    afterEach(() => apps.clear());

    test.each(OLD_COOKIES)(
      'a login stays in effect when the cookie of five slower requests $what',
      async ({ give }) => {
        const browser = new Browser(() => apps.client());
        await give(browser);
        const gates = Object.entries(SLOW).map(([name, act]) => {
          const gate = new Gate();
          apps.on(name, async (...args) => {
            await gate.pass();
            return act(...args);
          });
          return gate;
        });
        const slow = Object.keys(SLOW).map((name) => browser.post(`/stage/${name}`));
        await Promise.all(gates.map(({ arrived }) => arrived));

        expect((await browser.post('/stage/login')).status).toBe(200);
        const cookie = await browser.cookie();
        for (const gate of gates) gate.open();
        const answers = await Promise.all(slow);

        expect(answers.map(({ sessionCookie }) => sessionCookie)).toEqual(answers.map(() => null));
        expect(await browser.cookie()).toBe(cookie);
        expect(await apps.usersWith(cookie)).toEqual([USER, USER]);
        expect(await apps.census()).toMatchObject({ sessions: 1, indexes: 1 });
      },
    );

    test('a browser whose cookie is replaced by that of a login keeps data written before the login', async () => {
      const browser = new Browser(() => apps.client());
      await browser.post('/stage/visit');
      apps.on('write', (session) => void (session['before'] = 1));
      await browser.tab().post('/stage/write');
      await browser.post('/stage/login');

      expect((await browser.post('/stage/fields')).body).toEqual({ cart: ['book'], before: 1 });
      expect(await apps.census()).toEqual({ sessions: 1, indexes: 1, notices: 1 });
    });
  });
});

/** A browser that stores cookies as browsers do, in the order in which the responses arrive. */
class Browser {
  private readonly jar = new CookieJar();

  constructor(private readonly connect: () => Client) {}

  async cookie(): Promise<string | null> {
    return (await this.jar.getCookieString(SITE)) || null;
  }

  async post(path: string) {
    const client = this.connect();
    const answer = await client.post(path, undefined, { cookie: await this.cookie() });
    for (const cookie of answer.setCookies) await this.jar.setCookie(cookie, SITE);
    return answer;
  }

  /** Returns a client with the same cookie whose responses do not reach the jar. */
  tab(): { post(path: string): Promise<unknown> } {
    return {
      post: async (path) => this.connect().post(path, undefined, { cookie: await this.cookie() }),
    };
  }
}

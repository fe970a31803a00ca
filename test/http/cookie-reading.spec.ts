import { randomBytes } from 'node:crypto';
import { startApp, type TestApp } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { RawExchange } from '../support/raw-exchange.js';
import { type Act, Stage, staged } from '../support/stage.js';
import { StoreHook } from '../support/store-hook.js';

const forgedToken = () => randomBytes(40).toString('base64url').slice(0, 46);

onEachPlatform((platform) => {
  const stage = new Stage();
  const hook = new StoreHook();
  let app: TestApp;
  let browser: Client;
  let token: string;

  beforeAll(async () => {
    app = await startApp(platform, { ...staged(stage), hook });
    stage.on('read', (session) => ({ ...session }));
  });
  beforeEach(async () => {
    browser = app.client();
    await act((session) => void (session['mine'] = true));
    token = browser.cookie?.slice('__Host-sid='.length) ?? '';
    hook.reset();
  });

  const act = (handler: Act, client = browser) => {
    stage.on('act', handler);
    return client.post('/stage/act');
  };
  /** Returns the data of the session for a request with exactly these `Cookie` lines. */
  const read = async (...cookies: string[]) => {
    const lines = cookies.map((cookie) => `Cookie: ${cookie}`);
    return (await RawExchange.send(app.port, 'GET /stage/read', ...lines)).answer();
  };
  const essenceOf = ({ status, body }: Answer) => ({ status, body });
  const MINE = { status: 200, body: { mine: true } };
  const ANONYMOUS = { status: 200, body: {} };

  describe('a request with the session cookie', () => {
    test.each<[string, (token: string) => string[]]>([
      ['alone', (value) => [`__Host-sid=${value}`]],
      ['among others', (value) => [`a=1; __Host-sid=${value}; b=2`]],
      ['without a space between cookies', (value) => [`a=1;__Host-sid=${value};b=2`]],
      ['in a second Cookie header', (value) => ['a=1', `__Host-sid=${value}`]],
      ['twice with the same value', (value) => [`__Host-sid=${value}; __Host-sid=${value}`]],
      ['beside cookies with similar names', (value) => [`__Host-sid2=x; x__Host-sid=y; __Host-sid=${value}`]],
      ['beside malformed cookies of its name', (value) => [`__Host-sid=; __Host-sid=x; __Host-sid=${value}`]],
      ['after an invalid one', (value) => [`__Host-sid=${forgedToken()}; __Host-sid=${value}`]],
      ['before an invalid one', (value) => [`__Host-sid=${value}; __Host-sid=${forgedToken()}`]],
    ])('the session cookie is found %s', async (_where, cookies) => {
      const answer = await read(...cookies(token));

      expect(essenceOf(answer)).toEqual(MINE);
      expect(answer.setCookies).toEqual([]);
    });
  });

  describe('a request without a session cookie', () => {
    test.each<[string, (token: string) => string]>([
      ['a name in another case', (value) => `__host-sid=${value}`],
      ['a name in capitals', (value) => `__HOST-SID=${value}`],
      ['no name and a value that looks like a cookie', (value) => `=__Host-sid=${value}`],
      ['a name behind a no-break space', (value) => `\xa0__Host-sid=${value}`],
      ['a name behind a Unicode space', (value) => `\xe2\x80\x80__Host-sid=${value}`],
      ['a name behind a tab', (value) => `a=1;\t__Host-sid=${value}`],
      ['a name behind two spaces', (value) => `a=1;  __Host-sid=${value}`],
      ['a name with a space before =', (value) => `__Host-sid =${value}`],
      ['a name behind $Version and a comma', (value) => `$Version=1,__Host-sid=${value}`],
      ['a name inside a quoted value', (value) => `a="1, __Host-sid=${value}"`],
      ['a name that is percent-encoded', (value) => `__Host-si%64=${value}`],
      ['the plain name', (value) => `sid=${value}`],
      ['the __Secure- name', (value) => `__Secure-sid=${value}`],
      ['the __Host-Http- name', (value) => `__Host-Http-sid=${value}`],
      ['a longer name', (value) => `__Host-sid.sig=${value}`],
    ])('a cookie with %s is ignored and causes no call to the store', async (_what, cookie) => {
      const answer = await read(cookie(token));

      expect(essenceOf(answer)).toEqual(ANONYMOUS);
      expect(answer.setCookies).toEqual([]);
      expect(hook.calls).toEqual([]);
    });
  });

  describe('a session cookie with a malformed value', () => {
    test.each<[string, (token: string) => string]>([
      ['empty', () => ''],
      ['one character short', (value) => value.slice(1)],
      ['one character long', (value) => `${value}A`],
      ['quoted', (value) => `"${value}"`],
      ['percent-encoded', (value) => `%${value.charCodeAt(0).toString(16)}${value.slice(1)}`],
      ['followed by a space', (value) => `${value} `],
      ['with a character of base64', (value) => `+${value.slice(1)}`],
      ['with a wildcard', (value) => `*${value.slice(1)}`],
      ['with a brace, which would select a slot of a cluster', (value) => `{${value.slice(1)}`],
      ['with a colon', (value) => `${value.slice(0, 3)}:${value.slice(4)}`],
      ['with a path', (value) => `../${value.slice(3)}`],
      ['beyond ASCII', (value) => `\xfc${value.slice(1)}`],
      ['very long', (value) => value.repeat(170)],
      ['signed as in express-session', (value) => `s%3A${value}.${value}`],
    ])('a malformed value (%s) is cleared and causes no call to the store', async (_what, value) => {
      const answer = await read(`__Host-sid=${value(token)}; a=1`);

      expect(essenceOf(answer)).toEqual(ANONYMOUS);
      expect(answer.sessionCookie).toMatch(/^__Host-sid=; Max-Age=0/);
      expect(hook.calls).toEqual([]);
    });
  });

  describe('a well-formed value that the server did not issue', () => {
    test('a well-formed value that the server did not issue is cleared and never adopted', async () => {
      const forged = forgedToken();
      const before = await app.keys();
      const answer = await read(`__Host-sid=${forged}`);

      expect(essenceOf(answer)).toEqual(ANONYMOUS);
      expect(answer.sessionCookie).toMatch(/^__Host-sid=; Max-Age=0/);
      expect(await app.keys()).toEqual(before);
    });

    test('a value that extends the id of a session does not match that session', async () => {
      const victim = app.client();
      victim.cookie = `__Host-sid=${forgedToken()}`;
      const planted = victim.copy();
      await act((session) => void (session['a'] = 1), victim);

      expect(victim.cookie).not.toBe(planted.cookie);
      expect((await planted.get('/stage/read')).body).toEqual({});
    });

    test('a value that differs in any one character opens no session', async () => {
      for (let at = 0; at < token.length; at++) {
        const flipped = token[at] === 'A' ? 'B' : 'A';
        const answer = await read(`__Host-sid=${token.slice(0, at)}${flipped}${token.slice(at + 1)}`);
        expect([at, answer.body]).toEqual([at, {}]);
      }
      expect(essenceOf(await read(`__Host-sid=${token}`))).toEqual(MINE);
    });

    test('only the first few of many unknown values are looked up', async () => {
      const cookies = Array.from({ length: 100 }, () => `__Host-sid=${forgedToken()}`);
      await read(cookies.join('; '));

      expect(hook.calls.filter((call) => call === 'load').length).toBeLessThanOrEqual(4);
    });
  });

  test('a token anywhere but in the cookie is not read', async () => {
    stage.on('read', (session) => ({ ...session }));
    const answer = await app.client().post(
      `/stage/read?__Host-sid=${token}&sid=${token}`,
      { '__Host-sid': token },
      {
        headers: {
          'X-Session-Id': token,
          Authorization: `Bearer ${token}`,
          '__Host-sid': token,
          Cookie2: `__Host-sid=${token}`,
        },
      },
    );

    expect(essenceOf(answer)).toEqual(ANONYMOUS);
    expect(hook.calls).toEqual([]);
  });

  test('two cookies that open two sessions make the request anonymous, emit an event, and both stay valid', async () => {
    const other = app.client();
    await act((session) => void (session['theirs'] = true), other);
    const ids = await Promise.all(
      [browser, other].map(
        async (client) => (await act((session) => ({ id: session.id }), client)).body as { id: string },
      ),
    );

    const answer = await read(`${browser.cookie}; ${other.cookie}`);

    expect(essenceOf(answer)).toEqual(ANONYMOUS);
    expect(answer.setCookies).toEqual([]);
    const events = await app.eventsOf('ambiguous-cookie');
    expect(events).toHaveLength(1);
    expect([...(events[0]?.sessionIds ?? [])].sort()).toEqual(ids.map(({ id }) => id).sort());
    expect(essenceOf(await read(browser.cookie ?? ''))).toEqual(MINE);
    app.events.length = 0;
  });

  test('a large Cookie header is read, and one beyond the limit of Node is rejected by Node', async () => {
    const crowd = Array.from({ length: 300 }, (_, index) => `cookie${index}=${index}`).join('; ');

    expect(essenceOf(await read(`${crowd}; __Host-sid=${token}`))).toEqual(MINE);
    expect((await read('a'.repeat(20_000))).status).toBe(431);
  });

  test.each(['%', '%zz', '%ff', '\x01', '"', ';;;;', '=', '__Host-sid', '__Host-sid=%zz'])(
    'the Cookie header %j never causes a 500',
    async (cookie) => {
      expect([200, 400]).toContain((await read(cookie)).status);
      expect(hook.calls).toEqual([]);
    },
  );

  test('a header named __proto__ does not affect the session', async () => {
    const exchange = await RawExchange.send(
      app.port,
      'GET /stage/read',
      '__proto__: x',
      `Cookie: __Host-sid=${token}`,
    );

    expect(essenceOf(await exchange.answer())).toEqual(MINE);
  });

  describe('the cookie of a session that has ended', () => {
    test.each<[string, (id: string) => Promise<unknown>]>([
      ['was signed out', async () => act((session) => session.destroy(), browser.copy())],
      ['was revoked', (id) => app.sessions.revoke(id)],
    ])('the cookie is cleared when its session %s', async (_how, end) => {
      const { body } = await act((session) => ({ id: session.id }));
      await end((body as { id: string }).id);
      const answer = await read(`__Host-sid=${token}`);

      expect(essenceOf(answer)).toEqual(ANONYMOUS);
      expect(answer.sessionCookie).toMatch(/^__Host-sid=; Max-Age=0/);
    });

    test.each<[string, Act]>([
      ['by a sign-in', (_session, request) => app.sessions.signIn(request, { id: 'alice' })],
      ['by regenerate()', (session) => session.regenerate()],
    ])(
      'the cookie is kept when its session was replaced %s, since the browser has a newer one',
      async (_how, replace) => {
        const old = browser.copy();
        await act(replace);
        const answer = await old.get('/stage/read');

        expect(essenceOf(answer)).toEqual(ANONYMOUS);
        expect(answer.setCookies).toEqual([]);
      },
    );

    test('a late request cannot write to the session that replaced its own', async () => {
      const old = browser.copy();
      await act((session) => session.regenerate());
      const before = await app.sessionKeys();
      const answer = await act((session) => void (session['late'] = true), old);

      expect(answer.setCookies).toEqual([]);
      expect(await app.sessionKeys()).toEqual(before);
      expect((await browser.get('/stage/read')).body).toEqual({ mine: true });
    });

    test('the cookie of an ended session is replaced if the request writes', async () => {
      const { body } = await act((session) => ({ id: session.id }));
      await app.sessions.revoke((body as { id: string }).id);
      await act((session) => void (session['again'] = true));

      expect(browser.cookie).not.toBe(`__Host-sid=${token}`);
      expect((await browser.get('/stage/read')).body).toEqual({ again: true });
    });
  });

  test('anonymous requests leave no key, with and without forged cookies', async () => {
    const before = await app.keys();
    const stranger = () =>
      RawExchange.send(app.port, 'GET /stage/read', `Cookie: __Host-sid=${forgedToken()}`);
    stage.on('logout', (session) => session.destroy());
    for (let count = 0; count < 20; count++) {
      await (await stranger()).end();
      await app.client().get('/stage/read');
      await app.client().get('/stage/logout');
    }

    expect(await app.keys()).toEqual(before);
  });
});

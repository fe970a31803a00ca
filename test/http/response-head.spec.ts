import type { ServerResponse } from 'node:http';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { RawExchange } from '../support/raw-exchange.js';
import { type Act, type RawAct, type RawRequest, Stage, staged } from '../support/stage.js';

onEachPlatform((platform) => {
  const stage = new Stage();
  let app: TestApp;
  let browser: Client;

  beforeAll(async () => {
    app = await startApp(platform, staged(stage));
  });
  beforeEach(() => {
    browser = app.client();
  });

  const act = (handler: Act, client = browser) => {
    stage.on('act', handler);
    return client.post('/stage/act');
  };
  /** Sends a request whose handler responds on Node's response and uses the session only explicitly. */
  const actRaw = (handler: RawAct) => {
    stage.onRaw('act', handler);
    return browser.get('/raw/act');
  };

  describe('Set-Cookie', () => {
    test('Set-Cookie is sent once, however often the session was saved, regenerated and signed in', async () => {
      const exchange = await RawExchange.send(app.port, 'POST /stage/busy');
      stage.on('busy', async (session, request) => {
        session['a'] = 1;
        await session.save();
        await session.regenerate();
        await app.sessions.signIn(request, { id: 'alice' });
        await session.regenerate();
        session['b'] = 2;
      });
      const text = await exchange.end();

      expect(text.match(/^set-cookie:/gim)).toHaveLength(1);
    });

    test('Set-Cookie and no-store are absent if nothing changed', async () => {
      await act((session) => void (session['a'] = 1));
      const { setCookies, headers } = await act((session) => ({ ...session }));

      expect(setCookies).toEqual([]);
      expect(headers['cache-control']).toBeUndefined();
    });

    test("Set-Cookie is absent after a write to the client's existing session", async () => {
      await act((session) => void (session['a'] = 1));
      const { setCookies, headers } = await act((session) => void (session['a'] = 2));

      expect(setCookies).toEqual([]);
      expect(headers['cache-control']).toBeUndefined();
      expect(headers.vary).toBe('Cookie');
    });

    test('Set-Cookie is absent for a client that neither has nor begins a session, and nothing is stored', async () => {
      const before = await app.keys();
      const answer = await act((session) => ({ empty: Object.keys(session) }));

      expect(answer.setCookies).toEqual([]);
      expect(await app.keys()).toEqual(before);
    });

    test.each<[string, (response: ServerResponse) => unknown]>([
      ['setHeader', (response) => response.setHeader('Set-Cookie', ['mine=1; Path=/', 'yours=2']).end()],
      [
        'appendHeader',
        (response) =>
          response.appendHeader('Set-Cookie', 'mine=1; Path=/').appendHeader('set-cookie', 'yours=2').end(),
      ],
      [
        'writeHead with an object',
        (response) => response.writeHead(200, { 'set-cookie': ['mine=1; Path=/', 'yours=2'] }).end(),
      ],
      [
        'writeHead with an array',
        (response) =>
          response.writeHead(200, ['Set-Cookie', 'mine=1; Path=/', 'Set-Cookie', 'yours=2']).end(),
      ],
      [
        'writeHead with an array that holds an array',
        (response) => response.writeHead(200, ['Set-Cookie', ['mine=1; Path=/', 'yours=2']] as never).end(),
      ],
      [
        'writeHead with pairs',
        (response) =>
          response
            .writeHead(200, [
              ['Set-Cookie', 'mine=1; Path=/'],
              ['Set-Cookie', 'yours=2'],
            ] as never)
            .end(),
      ],
      [
        'writeHead with a message and an object',
        (response) => response.writeHead(200, 'Fine', { 'Set-Cookie': ['mine=1; Path=/', 'yours=2'] }).end(),
      ],
    ])('cookies that the application sets by %s stay', async (_how, respond) => {
      const { setCookies } = await actRaw((response, { session }) => {
        session['a'] = 1;
        respond(response);
      });

      expect(setCookies).toEqual(['mine=1; Path=/', 'yours=2', expect.stringMatching(/^__Host-sid=/)]);
    });

    test.each<[string, (response: ServerResponse) => unknown]>([
      ['an object', (response) => response.writeHead(200, { 'Set-Cookie': 'new=1' }).end()],
      ['an array', (response) => response.writeHead(200, ['set-cookie', 'new=1']).end()],
    ])(
      'writeHead with %s replaces Set-Cookie as in Node, and the session cookie is added',
      async (_how, respond) => {
        const { setCookies } = await actRaw((response, { session }) => {
          session['a'] = 1;
          response.setHeader('Set-Cookie', 'old=1');
          respond(response);
        });

        expect(setCookies).toEqual(['new=1', expect.stringMatching(/^__Host-sid=/)]);
      },
    );

    test('Set-Cookie is sent with an error of the application, too, since the preceding sign-in stays in effect', async () => {
      const { status, sessionCookie } = await act(async (_session, request) => {
        await app.sessions.signIn(request, { id: 'alice' });
        throw new Error('an error of the application');
      });

      expect(status).toBe(500);
      expect(sessionCookie).not.toBeNull();
    });
  });

  describe('Cache-Control', () => {
    test('Cache-Control is no-store when the cookie is set, whatever the application has set', async () => {
      const { headers } = await actRaw((response, { session }) => {
        session['a'] = 1;
        response.writeHead(200, { 'Cache-Control': 'public, max-age=3600' }).end();
      });

      expect(headers['cache-control']).toBe('no-store');
    });

    test('Cache-Control is unchanged when no cookie is set', async () => {
      const { headers } = await actRaw((response, { session }) => {
        void session['a'];
        response.writeHead(200, { 'Cache-Control': 'private, max-age=60' }).end();
      });

      expect(headers['cache-control']).toBe('private, max-age=60');
    });
  });

  describe('Vary', () => {
    test.each<[string, string | undefined, string]>([
      ['Vary is Cookie', undefined, 'Cookie'],
      ['Vary is extended', 'Accept-Encoding', 'Accept-Encoding, Cookie'],
      ['Vary does not repeat Cookie', 'cookie, Origin', 'cookie, Origin'],
      ['Vary stays *', '*', '*'],
    ])('%s when the cookie is set', async (_what, before, after) => {
      const { headers } = await actRaw((response, { session }) => {
        session['a'] = 1;
        if (before !== undefined) response.setHeader('Vary', before);
        response.end();
      });

      expect(headers.vary).toBe(after);
    });

    test.each([
      ['an object', (response: ServerResponse) => response.writeHead(200, { vary: 'Accept-Encoding' }).end()],
      [
        'an object beside a message',
        (response: ServerResponse) => response.writeHead(200, 'Fine', { VARY: 'Accept-Encoding' }).end(),
      ],
      [
        'an object, after setHeader',
        (response: ServerResponse) =>
          response.setHeader('Vary', 'Accept-Encoding').writeHead(200, { 'x-more': '1' }).end(),
      ],
      ['an array', (response: ServerResponse) => response.writeHead(200, ['Vary', 'Accept-Encoding']).end()],
    ])('Cookie joins a Vary that is passed to writeHead as %s', async (_how, respond) => {
      const { headers } = await actRaw((response, { session }) => {
        void session['a'];
        respond(response);
      });

      expect(headers.vary).toBe('Accept-Encoding, Cookie');
    });

    test('Vary joins other headers of writeHead, whose object stays unchanged', async () => {
      const given = { 'X-More': '1' };
      const { headers } = await actRaw((response, { session }) => {
        void session['a'];
        response.writeHead(200, 'Fine', given).end();
      });

      expect(headers).toMatchObject({ vary: 'Cookie', 'x-more': '1' });
      expect(given).toEqual({ 'X-More': '1' });
    });

    test.each<[string, (request: RawRequest) => unknown]>([
      ['a property', ({ session }) => session['a']],
      ['the keys', ({ session }) => Object.keys(session)],
      ['the operator "in"', ({ session }) => 'a' in session],
      ['the id', ({ session }) => session.id],
      ['touch()', ({ session }) => session.touch()],
      ['SessionService.describe()', (request) => app.sessions.describe(request)],
      ['SessionService.revokeOthers()', (request) => app.sessions.revokeOthers(request)],
    ])('Vary is Cookie when the response may depend on the session, by %s', async (_what, look) => {
      await act((session) => void (session['a'] = 1));
      const { headers } = await actRaw(async (response, request) => {
        await look(request);
        response.end();
      });

      expect(headers.vary).toBe('Cookie');
    });

    test('Vary is Cookie for a client without a cookie too, so that no cache serves its page to others', async () => {
      const { headers } = await act((session) => session['user'] ?? 'anonymous');

      expect(headers.vary).toBe('Cookie');
    });

    test('Vary is absent when the request did not use the session', async () => {
      await act((session) => void (session['a'] = 1));
      const { headers, status } = await actRaw((response) => response.end('the same for all'));

      expect(status).toBe(200);
      expect(headers.vary).toBeUndefined();
    });
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { type SessionEvent, type SessionModuleOptions, SessionUnavailableError } from 'nestjs-redis-session';
import { redis, startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { type Act, Stage, staged } from '../support/stage.js';
import { StoreHook } from '../support/store-hook.js';

const ORIGIN = { device: 'Firefox on Linux', address: '127.0.0.1' };
const HEADERS = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
const at = expect.any(Number) as number;

onEachPlatform((platform) => {
  const stage = new Stage();
  const hook = new StoreHook();

  const start = (session: SessionModuleOptions = {}) =>
    startApp(platform, { ...staged(stage), hook, session });
  const act = (client: Client, handler: Act) => {
    stage.on('act', handler);
    return client.post('/stage/act', undefined, { headers: HEADERS });
  };
  const write = async (client: Client) => {
    const { body } = await act(client, (session) => ((session['a'] = Math.random()), { id: session.id }));
    return (body as { id: string }).id;
  };
  /** What listeners are told of an action, in order. */
  const toldOf = async (app: TestApp, action: () => Promise<unknown>): Promise<SessionEvent[]> => {
    await delay(2);
    app.events.length = 0;
    await action();
    await delay(2);
    return [...app.events];
  };

  describe('a listener is told once of', () => {
    let app: TestApp;
    let browser: Client;
    beforeAll(async () => {
      app = await start({ limit: { max: 1, onExceed: 'evict-oldest' } });
    });
    beforeEach(() => {
      browser = app.client();
    });
    afterEach(async () => {
      hook.reset();
      await app.sessions.revokeAll('alice');
    });

    const signIn = async (client = browser) => {
      const { body } = await act(client, (_session, request) =>
        app.sessions.signIn(request, { id: 'alice' }),
      );
      return (body as { id: string }).id;
    };

    test('a listener receives one event of a sign-in', async () => {
      let sessionId = '';
      const told = await toldOf(app, async () => (sessionId = await signIn()));

      expect(told).toEqual([
        { type: 'signed-in', at, sessionId, userId: 'alice', previousId: null, evicted: [], ...ORIGIN },
      ]);
      expect(Object.isFrozen(told[0])).toBe(true);
      expect(Math.abs((told[0]?.at ?? 0) - Date.now())).toBeLessThan(5000);
    });

    test('a sign-in that carries on an anonymous session', async () => {
      const previousId = await write(browser);
      let sessionId = '';
      const told = await toldOf(app, async () => (sessionId = await signIn()));

      expect(told).toEqual([
        { type: 'signed-in', at, sessionId, userId: 'alice', previousId, evicted: [], ...ORIGIN },
      ]);
    });

    test('a listener receives one event of an eviction, with its cause', async () => {
      const victim = await signIn();
      let sessionId = '';
      const told = await toldOf(app, async () => (sessionId = await signIn(app.client())));

      expect(told).toEqual([
        { type: 'signed-in', at, sessionId, userId: 'alice', previousId: null, evicted: [victim], ...ORIGIN },
        { type: 'evicted', at, sessionId: victim, userId: 'alice', by: { sessionId, ...ORIGIN } },
      ]);
    });

    test('a listener receives one event of a sign-out', async () => {
      const sessionId = await signIn();
      const told = await toldOf(app, () =>
        act(browser, (_session, request) => app.sessions.signOut(request)),
      );

      expect(told).toEqual([{ type: 'signed-out', at, sessionId, userId: 'alice' }]);
    });

    test('the end of a session that nobody was signed in to', async () => {
      const sessionId = await write(browser);
      const told = await toldOf(app, () => act(browser, (session) => session.destroy()));

      expect(told).toEqual([{ type: 'destroyed', at, sessionId }]);
    });

    test('a listener receives one event of a regeneration', async () => {
      const previousId = await signIn();
      let body: unknown;
      const told = await toldOf(app, async () => {
        ({ body } = await act(browser, async (session) => (await session.regenerate(), { id: session.id })));
      });

      expect(told).toEqual([
        { type: 'regenerated', at, sessionId: (body as { id: string }).id, previousId, userId: 'alice' },
      ]);
    });

    test.each<[string, (id: string) => Promise<unknown>]>([
      ['by its id', (id) => app.sessions.revoke(id)],
      ['by its user', () => app.sessions.revokeAll('alice')],
    ])('a listener receives one event of a revocation %s', async (_how, revoke) => {
      const sessionId = await signIn();
      const told = await toldOf(app, () => revoke(sessionId));

      expect(told).toEqual([{ type: 'revoked', at, sessionId, userId: 'alice' }]);
    });

    test('a listener receives no event of a revocation that ended nothing', async () => {
      const sessionId = await signIn();
      await app.sessions.revoke(sessionId);

      expect(
        await toldOf(app, async () => {
          await app.sessions.revoke(sessionId);
          await app.sessions.revokeAll('alice');
          await app.sessions.revoke('x'.repeat(25));
        }),
      ).toEqual([]);
    });

    test('a write that came too late, whichever way the answer goes out', async () => {
      for (const respond of ['/stage/late', '/raw/late']) {
        const client = app.client();
        const sessionId = await write(client);
        const gate = hook.gate('commit');
        stage.on('late', (session) => void (session['a'] = 'late'));
        stage.onRaw('late', (response, { session }) => {
          session['a'] = 'late';
          response.writeHead(200);
          response.end();
        });
        const told = await toldOf(app, async () => {
          const answer = client.get(respond);
          await gate.arrived;
          await app.sessions.revoke(sessionId);
          gate.open();
          expect((await answer).status).toBe(200);
        });

        expect(told).toEqual([
          { type: 'revoked', at, sessionId, userId: null },
          { type: 'write-refused', at, sessionId, reason: 'revoked' },
        ]);
        hook.reset();
      }
    });

    test('two cookies that open two sessions', async () => {
      const other = app.client();
      const ids = [await write(browser), await write(other)];
      const both = `${browser.cookie ?? ''}; ${other.cookie ?? ''}`;
      stage.on('act', (session) => ({ ...session }));
      const told = await toldOf(app, () => browser.get('/stage/act', { cookie: both }));

      expect(told).toEqual([
        { type: 'ambiguous-cookie', at, sessionIds: expect.arrayContaining(ids) as string[], cookies: 2 },
      ]);
    });

    test('a stored field that cannot be used', async () => {
      const sessionId = await write(browser);
      await redis().hset(app.keyOf(sessionId), '.b', 'no JSON');
      const told = await toldOf(app, () => act(browser, (session) => ({ ...session })));

      expect(told).toEqual([
        { type: 'invalid-data', at, sessionId, field: 'b', expected: ['stored text that can be read'] },
      ]);
    });
  });

  test('a listener is told once of a sign-in that was rejected', async () => {
    const app = await start({ limit: { max: 1, onExceed: 'reject' } });
    const signIn = () =>
      act(app.client(), (_session, request) => app.sessions.signIn(request, { id: 'alice' }));
    const { body } = await signIn();
    const told = await toldOf(app, signIn);

    const live = [(body as { id: string }).id];
    expect(told).toEqual([{ type: 'rejected', at, userId: 'alice', max: 1, live, ...ORIGIN }]);
  });

  test('a listener is told once of a store that failed where a request could go on', async () => {
    const app = await start();
    const browser = app.client();
    await app.rest(await write(browser), 10);
    const outage = new SessionUnavailableError('save a session', new Error('away'));
    hook.fail(outage, 'touch', 'commit');
    const told = await toldOf(app, () => act(browser, (session) => session['a']));
    hook.reset();

    expect(told).toEqual([{ type: 'store-failed', at, operation: 'touch', error: outage }]);
  });

  test('a listener is told once of a rotation, and of a token that is used long after', async () => {
    const app = await start({ rotation: { every: '60ms', grace: '20ms' } });
    const browser = app.client();
    const sessionId = await write(browser);
    const old = browser.copy();
    await delay(70);
    const read: Act = (session) => ({ a: session['a'] });
    expect(await toldOf(app, () => act(browser, read))).toEqual([
      { type: 'rotated', at, sessionId, userId: null },
    ]);
    await act(browser, read);
    await delay(30);

    expect(await toldOf(app, () => act(old, read))).toEqual([
      { type: 'token-reused', at, sessionId, userId: null, isRevoked: false, ...ORIGIN },
    ]);
  });
});

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
  /** Returns the events that an action emits, in order. */
  const emittedBy = async (app: TestApp, action: () => Promise<unknown>): Promise<SessionEvent[]> => {
    await delay(2);
    app.events.length = 0;
    await action();
    await delay(2);
    return [...app.events];
  };

  describe('each occurrence emits one event', () => {
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

    test('a sign-in emits one event', async () => {
      let sessionId = '';
      const emitted = await emittedBy(app, async () => (sessionId = await signIn()));

      expect(emitted).toEqual([
        { type: 'signed-in', at, sessionId, userId: 'alice', previousId: null, evicted: [], ...ORIGIN },
      ]);
      expect(Object.isFrozen(emitted[0])).toBe(true);
      expect(Math.abs((emitted[0]?.at ?? 0) - Date.now())).toBeLessThan(5000);
    });

    test('a sign-in that continues an anonymous session emits one event', async () => {
      const previousId = await write(browser);
      let sessionId = '';
      const emitted = await emittedBy(app, async () => (sessionId = await signIn()));

      expect(emitted).toEqual([
        { type: 'signed-in', at, sessionId, userId: 'alice', previousId, evicted: [], ...ORIGIN },
      ]);
    });

    test('an eviction emits one event, with its cause', async () => {
      const victim = await signIn();
      let sessionId = '';
      const emitted = await emittedBy(app, async () => (sessionId = await signIn(app.client())));

      expect(emitted).toEqual([
        { type: 'signed-in', at, sessionId, userId: 'alice', previousId: null, evicted: [victim], ...ORIGIN },
        { type: 'evicted', at, sessionId: victim, userId: 'alice', by: { sessionId, ...ORIGIN } },
      ]);
    });

    test('a sign-out emits one event', async () => {
      const sessionId = await signIn();
      const emitted = await emittedBy(app, () =>
        act(browser, (_session, request) => app.sessions.signOut(request)),
      );

      expect(emitted).toEqual([{ type: 'signed-out', at, sessionId, userId: 'alice' }]);
    });

    test('the end of an anonymous session emits one event', async () => {
      const sessionId = await write(browser);
      const emitted = await emittedBy(app, () => act(browser, (session) => session.destroy()));

      expect(emitted).toEqual([{ type: 'destroyed', at, sessionId }]);
    });

    test('a regeneration emits one event', async () => {
      const previousId = await signIn();
      let body: unknown;
      const emitted = await emittedBy(app, async () => {
        ({ body } = await act(browser, async (session) => (await session.regenerate(), { id: session.id })));
      });

      expect(emitted).toEqual([
        { type: 'regenerated', at, sessionId: (body as { id: string }).id, previousId, userId: 'alice' },
      ]);
    });

    test.each<[string, (id: string) => Promise<unknown>]>([
      ['by its id', (id) => app.sessions.revoke(id)],
      ['by its user', () => app.sessions.revokeAll('alice')],
    ])('a revocation %s emits one event', async (_how, revoke) => {
      const sessionId = await signIn();
      const emitted = await emittedBy(app, () => revoke(sessionId));

      expect(emitted).toEqual([{ type: 'revoked', at, sessionId, userId: 'alice' }]);
    });

    test('a revocation that ends no session emits no event', async () => {
      const sessionId = await signIn();
      await app.sessions.revoke(sessionId);

      expect(
        await emittedBy(app, async () => {
          await app.sessions.revoke(sessionId);
          await app.sessions.revokeAll('alice');
          await app.sessions.revoke('x'.repeat(25));
        }),
      ).toEqual([]);
    });

    test('a late write to a revoked session emits one event, with either kind of response', async () => {
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
        const emitted = await emittedBy(app, async () => {
          const answer = client.get(respond);
          await gate.arrived;
          await app.sessions.revoke(sessionId);
          gate.open();
          expect((await answer).status).toBe(200);
        });

        expect(emitted).toEqual([
          { type: 'revoked', at, sessionId, userId: null },
          { type: 'write-refused', at, sessionId, reason: 'revoked' },
        ]);
        hook.reset();
      }
    });

    test('two cookies that open two sessions emit one event', async () => {
      const other = app.client();
      const ids = [await write(browser), await write(other)];
      const both = `${browser.cookie ?? ''}; ${other.cookie ?? ''}`;
      stage.on('act', (session) => ({ ...session }));
      const emitted = await emittedBy(app, () => browser.get('/stage/act', { cookie: both }));

      expect(emitted).toEqual([
        { type: 'ambiguous-cookie', at, sessionIds: expect.arrayContaining(ids) as string[], cookies: 2 },
      ]);
    });

    test('an unusable stored field emits one event', async () => {
      const sessionId = await write(browser);
      await redis().hset(app.keyOf(sessionId), '.b', 'no JSON');
      const emitted = await emittedBy(app, () => act(browser, (session) => ({ ...session })));

      expect(emitted).toEqual([
        { type: 'invalid-data', at, sessionId, field: 'b', expected: ['stored text that can be read'] },
      ]);
    });
  });

  test('a rejected sign-in emits one event', async () => {
    const app = await start({ limit: { max: 1, onExceed: 'reject' } });
    const signIn = () =>
      act(app.client(), (_session, request) => app.sessions.signIn(request, { id: 'alice' }));
    const { body } = await signIn();
    const emitted = await emittedBy(app, signIn);

    const live = [(body as { id: string }).id];
    expect(emitted).toEqual([{ type: 'rejected', at, userId: 'alice', max: 1, live, ...ORIGIN }]);
  });

  test('a store error that a request survives emits one event', async () => {
    const app = await start();
    const browser = app.client();
    await app.rest(await write(browser), 10);
    const outage = new SessionUnavailableError('save a session', new Error('unavailable'));
    hook.fail(outage, 'touch', 'commit');
    const emitted = await emittedBy(app, () => act(browser, (session) => session['a']));
    hook.reset();

    expect(emitted).toEqual([{ type: 'store-failed', at, operation: 'touch', error: outage }]);
  });

  test('a rotation emits one event, and so does the late use of the old token', async () => {
    const app = await start({ rotation: { every: '60ms', grace: '20ms' } });
    const browser = app.client();
    const sessionId = await write(browser);
    const old = browser.copy();
    await delay(70);
    const read: Act = (session) => ({ a: session['a'] });
    expect(await emittedBy(app, () => act(browser, read))).toEqual([
      { type: 'rotated', at, sessionId, userId: null },
    ]);
    await act(browser, read);
    await delay(30);

    expect(await emittedBy(app, () => act(old, read))).toEqual([
      { type: 'token-reused', at, sessionId, userId: null, isRevoked: false, ...ORIGIN },
    ]);
  });
});

import { redis, startApp, type TestApp } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';
import { type Act, Stage, staged } from '../support/stage.js';

const STORES = [
  ['in Redis', {}],
  [
    'in memory',
    { redis: undefined, prefix: undefined, outage: undefined, redisChecks: undefined, store: 'memory' },
  ],
] as const;

onEachPlatform((platform) => {
  describe.each(STORES)('anonymous sessions %s', (where, store) => {
    const stage = new Stage();
    let app: TestApp;

    beforeAll(async () => {
      const session = { ...store, anonymous: { idle: '2m', absolute: '10m', maxBytes: 100 } };
      app = await startApp(platform, { ...staged(stage), session: session });
    });

    const act = (handler: Act, client = app.client()) => {
      stage.on('act', handler);
      return client.post('/stage/act');
    };
    const fill =
      (length: number): Act =>
      (session) =>
        void (session['a'] = 'x'.repeat(length - 3));

    test('an anonymous session has its own timeouts, and those of users after the sign-in', async () => {
      const client = app.client();
      const before = (
        await act((session, request) => {
          session['a'] = 1;
          return session.save().then(() => app.sessions.describe(request));
        }, client)
      ).body as Record<string, string>;
      const after = (await act((_session, request) => app.sessions.signIn(request, { id: 'alice' }), client))
        .body as Record<string, string>;
      const spans = (info: Record<string, string>) =>
        ['idleEndAt', 'absoluteEndAt'].map(
          (name) => Date.parse(info[name] as string) - Date.parse(info['lastActiveAt'] as string),
        );
      expect(spans(before)).toEqual([2 * 60_000, 10 * 60_000]);
      expect(spans(after)).toEqual([30 * 60_000, 12 * 60 * 60_000]);
      if (where === 'in Redis')
        expect(await redis().pttl(app.keyOf(after['id'] as string))).toBeGreaterThan(20 * 60_000);
    });

    test('an anonymous session has its own size limit for every write, and that of users after the sign-in', async () => {
      const client = app.client();
      expect((await act(fill(101))).status).toBe(413);
      expect((await act(fill(100), client)).status).toBe(200);
      expect((await act((session) => void (session['b'] = 1), client)).status).toBe(413);
      expect((await act((session) => session.increment('n' as never), client)).status).toBe(413);
      expect((await act((session) => session.update('n' as never, () => 1), client)).status).toBe(413);
      const large: Act = async (session, request) => {
        session['a'] = 'x'.repeat(5_000);
        await app.sessions.signIn(request, { id: 'alice' });
      };
      expect((await act(large, client)).status).toBe(200);
      expect((await act((session) => void (session['b'] = 'x'.repeat(5_000)), client)).status).toBe(200);
    });

    test('the statistics count anonymous sessions and their rejected writes', async () => {
      const before = app.sessions.statistics().anonymous;
      await Promise.all(Array.from({ length: 10 }, () => act(fill(50))));
      await Promise.all(Array.from({ length: 5 }, () => act(fill(60_000))));
      const { created, refused } = app.sessions.statistics().anonymous;
      expect([created - before.created, refused - before.refused]).toEqual([10, 5]);
    });
  });
});

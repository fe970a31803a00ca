import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { SessionCache } from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { Stage, staged } from '../support/stage.js';

const TOKENS = 300;
/** Number of commands of the cache's heartbeat during the test. */
const HEARTBEATS = 60;
const made = (length: number) => `__Host-sid=${randomBytes(80).toString('base64url').slice(0, length)}`;

describe.each([{ cache: false }, { cache: true }])(
  'tokens that were never issued, with cache: $cache',
  ({ cache }) => {
    onEachPlatform((platform) => {
      const stage = new Stage();
      let server: RedisServer;
      let inspector: Redis;
      let app: TestApp;
      let browser: Client;

      beforeAll(async () => {
        server = await startRedisServer();
        inspector = new Redis(server.url);
        app = await startApp(platform, { ...staged(stage), session: { redis: server.url, cache } });
        stage.on('login', (_session, request) => app.sessions.signIn(request, { id: 'alice' }));
        stage.on('who', (_session, request) => ({ who: app.sessions.describe(request)?.userId ?? null }));
        browser = app.client();
        await browser.post('/stage/login');
        await browser.get('/stage/who');
      });
      afterAll(async () => {
        await app.app.close();
        await inspector.quit();
        await server.stop();
      });

      const figures = async () => {
        const info = await inspector.info('everything');
        const figure = (pattern: RegExp) => Number(pattern.exec(info)?.[1] ?? 0);
        return {
          evalsha: figure(/^cmdstat_evalsha:calls=(\d+)/m),
          hgetall: figure(/^cmdstat_hgetall:calls=(\d+)/m),
          pttl: figure(/^cmdstat_pttl:calls=(\d+)/m),
          watched: figure(/^tracking_total_keys:(\d+)/m),
        };
      };

      test.each([46, 90])(
        'unknown tokens of %d characters cost one command each, and no key is tracked for them',
        async (length) => {
          const before = await figures();
          const cookies = app.sessions.statistics().cookies;
          const { calls } = app.sessions.statistics().store;
          for (let count = 0; count < TOKENS; count++) {
            const answer = await app.client().get('/stage/who', { cookie: made(length) });
            expect([answer.body, answer.sessionCookie?.includes('; Max-Age=0')]).toEqual([
              { who: null },
              true,
            ]);
          }
          const after = await figures();

          // A response that leaves in a later turn of the event loop makes a second call.
          const callCount = app.sessions.statistics().store.calls - calls;
          expect(callCount).toBeGreaterThanOrEqual(TOKENS);
          expect(callCount).toBeLessThan(1.1 * TOKENS);
          expect(after.evalsha - before.evalsha).toBeLessThanOrEqual(TOKENS + HEARTBEATS);
          expect([after.hgetall - before.hgetall, after.pttl - before.pttl]).toEqual([0, 0]);
          expect(after.watched - before.watched).toBeLessThanOrEqual(1);
          const { unknown, dead, forged, malformed } = app.sessions.statistics().cookies;
          expect(unknown - cookies.unknown).toBe(TOKENS);
          expect([dead, forged, malformed]).toEqual([cookies.dead, cookies.forged, cookies.malformed]);
          expect((await app.eventsOf('unknown-token')).length).toBeLessThan(10);
          if (cache) expect(app.app.get(SessionCache).statistics().entries).toBe(1);
          expect((await browser.get('/stage/who')).body).toEqual({ who: 'alice' });
        },
      );

      test('unknown tokens are logged once, and then at a limited rate', async () => {
        const [first, ...rest] = await app.eventsOf('unknown-token');
        expect(first).toMatchObject({ count: 1, address: '127.0.0.1' });
        expect(rest.length).toBeLessThan(10);
      });

      test('unknown tokens are counted separately from those of ended sessions, forged and malformed ones', async () => {
        const other = app.client();
        const { body } = await other.post('/stage/login');
        const { id } = body as { id: string };
        const before = app.sessions.statistics().cookies;
        await app.client().get('/stage/who', { cookie: `__Host-sid=${id}${'A'.repeat(65)}` });
        await app.client().get('/stage/who', { cookie: '__Host-sid=x' });
        await app.sessions.revoke(id);
        await other.get('/stage/who');
        const { dead, forged, malformed, unknown } = app.sessions.statistics().cookies;
        expect({ dead, forged, malformed, unknown }).toEqual({
          dead: before.dead + 1,
          forged: before.forged + 1,
          malformed: before.malformed + 1,
          unknown: before.unknown,
        });
      });
    });
  },
);

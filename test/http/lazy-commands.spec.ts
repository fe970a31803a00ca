import { SessionCache, type SessionModuleOptions } from 'nestjs-redis-session';
import { Redis } from 'ioredis';
import { countCommands } from '../store/command-counts.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { AdminModule, LazyController } from './lazy.app.js';

/** So long that no heartbeat falls into a test. */
const CACHE = { staleness: '1m' } as const;

onEachPlatform((platform) => {
  describe('the commands of lazy sessions, counted by Redis', () => {
    let server: RedisServer;
    let inspector: Redis;

    beforeAll(async () => {
      server = await startRedisServer();
      inspector = new Redis(server.url);
    });
    afterAll(async () => {
      await inspector.quit();
      await server.stop();
    });

    /** Starts an application, and signs a browser in. */
    async function start(session: SessionModuleOptions): Promise<{ app: TestApp; browser: Client }> {
      const app = await startApp(platform, {
        controllers: [LazyController],
        imports: [AdminModule],
        session: { redis: server.url, load: 'lazy', ...session },
      });
      const browser = app.client();
      await browser.post('/sign-in');
      return { app, browser };
    }

    const count = (browser: Client, path: string, times: number) =>
      countCommands(inspector, async () => {
        for (let n = 0; n < times; n++) expect((await browser.get(path)).status).toBe(200);
      });

    describe('without a cache', () => {
      let app: TestApp;
      let browser: Client;
      beforeAll(async () => {
        ({ app, browser } = await start({}));
      });
      afterAll(() => app.app.close());

      test.each<[string, string, Record<string, number>]>([
        ['a route that never looks at the session sends no command', '/plain', {}],
        ['a parameter sends one command', '/parameter', { hgetall: 20 }],
        ['a guard sends one command', '/guarded', { hgetall: 20 }],
        ['guards, parameters and calls together send one command', '/together', { hgetall: 20 }],
        ['a fresh session takes one command', '/fresh', { hgetall: 20 }],
        ['a session behind eagerSession takes one command', '/admin/user', { hgetall: 20 }],
      ])('%s', async (_what, path, commands) => {
        expect(await count(browser, path, 20)).toEqual(commands);
      });

      test('a route that never looks sends no command for a forged, an unknown or several cookies', async () => {
        const forged = `sid=${'A'.repeat(46)}`;
        for (const cookie of [forged, 'sid=x', `${forged}; ${String(browser.cookie)}`]) {
          const commands = await countCommands(inspector, () => app.client().get('/plain', { cookie }));
          expect({ cookie, commands }).toEqual({ cookie, commands: {} });
        }
      });
    });

    describe('with the cache', () => {
      let app: TestApp;
      let browser: Client;
      beforeAll(async () => {
        ({ app, browser } = await start({ cache: CACHE }));
        await browser.get('/parameter'); // from now on, the cache holds the session
      });
      afterAll(() => app.app.close());

      test.each<[string, string, Record<string, number>]>([
        ['a route that never looks at the session sends no command', '/plain', {}],
        ['a parameter sends no command', '/parameter', {}],
        ['guards, parameters and calls together send no command', '/together', {}],
        ['a fresh session takes one command', '/fresh', { hgetall: 5 }],
        ['a recent sign-in takes one command', '/recent', { hgetall: 5 }],
      ])('%s', async (_what, path, commands) => {
        expect(await count(browser, path, 5)).toEqual(commands);
      });

      test('a fresh session that the cache does not hold is read once, with its remaining lifetime', async () => {
        const client = app.client();
        await client.post('/sign-in');

        expect(await count(client, '/fresh', 1)).toEqual({ hgetall: 1, pttl: 1 });
      });

      test('a route that never looks does not query the cache', async () => {
        const read = () => app.app.get(SessionCache).statistics();
        const { hits, misses, bypasses } = read();
        await browser.get('/plain');
        expect(read()).toMatchObject({ hits, misses, bypasses });
        await browser.get('/parameter');
        expect(read()).toMatchObject({ hits: hits + 1, misses, bypasses });
      });

      test('a synchronous look fails as without the cache', async () => {
        log.turnPage();
        expect((await browser.get('/sync/session')).status).toBe(500);
      });
    });
  });
});

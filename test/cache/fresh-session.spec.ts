import { randomUUID } from 'node:crypto';
import { APP_GUARD } from '@nestjs/core';
import { SessionCache, SessionGuard, type SessionModuleOptions } from 'nestjs-redis-session';
import { redis, REDIS_URL, startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { openMonitor } from '../support/redis-monitor.js';
import { until } from '../support/until.js';
import { HeldInvalidations } from './support/held-invalidations.js';
import { SHOP } from './support/shop.js';

/** So long that no heartbeat falls into a test, and a busy moment never disables the cache. */
const CACHE = { staleness: '1m' } as const;

onEachPlatform((platform) => {
  const prefix = `cache:${randomUUID()}:`;
  const session: SessionModuleOptions = {
    redis: REDIS_URL,
    prefix,
    cookie: { secure: 'auto' },
    outage: { deadline: '5s' },
  };

  let messages: HeldInvalidations;
  /** The one of two processes that has a cache. */
  let cached: TestApp;
  let other: TestApp;

  beforeAll(async () => {
    messages = new HeldInvalidations();
    cached = await startApp(platform, { session: { ...session, cache: CACHE }, controllers: SHOP });
    other = await startApp(platform, { session, controllers: SHOP });
  });
  beforeEach(() => messages.release());
  afterAll(() => messages.restore());

  const statistics = () => cached.app.get(SessionCache).statistics();

  /** Returns a signed-in browser whose session the cache holds. */
  async function shopper(app = cached): Promise<Client> {
    const client = app.client();
    const current = () => app.app.get(SessionCache).statistics();
    const { state, invalidations } = current();
    await client.post('/login');
    await client.post('/cart');
    // The process receives invalidations for its own writes, too; wait for them, so that they do not arrive later.
    if (state !== 'off') {
      await until('its own invalidations', 10_000, () => current().invalidations > invalidations);
    }
    expect((await client.get('/cart')).body).toEqual({ cart: ['kite'] });
    return client;
  }

  function idOf(client: Client): string {
    return (client.cookie as string).replace(/^.*=/, '').slice(0, 3);
  }

  it("a signed-in user's requests send no command to Redis", async () => {
    const client = await shopper();
    const { hits } = statistics();
    const monitor = await openMonitor(redis());
    const commands: string[] = [];
    monitor.on('monitor', (_time: string, words: string[]) => commands.push(words.join(' ')));
    for (let n = 0; n < 20; n++) expect((await client.get('/cart')).status).toBe(200);
    await redis().echo('the end');
    await until('the end of the monitor', 5_000, () =>
      commands.some((command) => command.includes('the end')),
    );
    monitor.disconnect();
    expect(commands.filter((command) => command.includes(prefix))).toEqual([]);
    expect(statistics().hits - hits).toBe(20);
  });

  it('a process reads its own writes immediately', async () => {
    messages.hold();
    const client = cached.client();
    await client.post('/login');
    for (let n = 0; n < 3; n++) {
      expect((await client.get('/cart')).body).toEqual({ cart: n === 0 ? null : ['kite'] });
      await client.post('/cart');
      expect((await client.get('/cart')).body).toEqual({ cart: ['kite'] });
    }
  });

  it('a session that another process ends becomes invalid', async () => {
    const client = await shopper();
    await other.sessions.revokeAll('alice');
    await until(
      'a revocation that is seen',
      10_000,
      async () => (await client.copy().get('/cart')).status === 401,
    );
    expect((await client.get('/cart')).body).toMatchObject({ statusCode: 401 });
  });

  describe('when another process has ended a session and the invalidation is late', () => {
    let client: Client;

    beforeEach(async () => {
      client = await shopper();
      messages.hold();
      await other.sessions.revokeAll('alice');
    });

    it('a handler without further demands is served from the cache', async () => {
      expect((await client.get('/cart')).status).toBe(200);
    });

    it.each(['/pay', '/open', '/fresh/all', '/recent'])(
      'a request for %s, which requires a fresh session, is rejected',
      async (path) => {
        const answer = await client.get(path);
        expect(answer.status).toBe(401);
        expect(answer.body).toMatchObject({ statusCode: 401, reason: 'revoked' });
        expect(answer.sessionCookie).toContain('=;');
      },
    );

    it('a handler that reloads the ended session rejects the request', async () => {
      expect((await client.get('/reloaded')).body).toMatchObject({ statusCode: 401, reason: 'revoked' });
    });

    it('an ended session cannot end the other sessions of its user', async () => {
      await shopper(other);
      expect((await client.post('/others')).status).toBe(401);
      expect(await other.sessions.count('alice')).toBe(1);
    });
  });

  describe('when another process has changed a session and the invalidation is late', () => {
    let client: Client;

    beforeEach(async () => {
      client = await shopper();
      messages.hold();
      const [live] = await other.sessions.list('alice');
      await redis().hset(`${prefix}{${idOf(client)}}:${live?.id.slice(3) ?? ''}`, '.cart', '["boat"]');
    });
    afterEach(() => other.sessions.revokeAll('alice'));

    it.each([
      ['/cart', 'kite'],
      ['/pay', 'boat'],
      ['/open', 'boat'],
      ['/fresh/all', 'boat'],
      ['/recent', 'boat'],
      ['/reloaded', 'boat'],
    ])('a request for %s reads a cart with a %s', async (path, thing) => {
      expect((await client.get(path)).body).toEqual({ cart: [thing] });
    });

    it('a change by middleware is kept when a handler then requires a fresh session', async () => {
      const app = await startApp(platform, {
        session: { ...session, cache: CACHE },
        controllers: SHOP,
        main: (nest) => {
          nest.use(
            (
              request: { session: Record<string, unknown>; raw?: never },
              _response: unknown,
              next: () => void,
            ) => {
              if (request.session['cart']) request.session['seen'] = 'by middleware';
              next();
            },
          );
        },
      });
      const there = app.client();
      there.cookie = client.cookie;
      await redis().hset(await keyOf(client), '.cart', '["boat"]');
      expect((await there.get('/cart')).body).toEqual({ cart: ['boat'] });
      await redis().hdel(await keyOf(client), '.seen');
      await there.get('/cart');
      messages.hold();
      await redis().hdel(await keyOf(client), '.seen');
      await redis().hset(await keyOf(client), '.cart', '["train"]');
      expect((await there.get('/pay')).body).toEqual({ cart: ['train'] });
      expect(await redis().hget(await keyOf(client), '.seen')).toBe('"by middleware"');
      await app.stop();
    });

    async function keyOf(browser: Client): Promise<string> {
      const [live] = await other.sessions.list('alice');
      return `${prefix}{${idOf(browser)}}:${live?.id.slice(3) ?? ''}`;
    }
  });

  it('a global SessionGuard requires a fresh session before it loads the user', async () => {
    const loaded: string[] = [];
    const load = (id: string) => (loaded.push(id), { id });
    const app = await startApp(platform, {
      session: { ...session, cache: CACHE, users: { load } },
      controllers: SHOP,
      providers: [{ provide: APP_GUARD, useClass: SessionGuard }],
    });
    const client = await shopper(app);
    messages.hold();
    await other.sessions.revokeAll('alice');
    expect((await client.get('/cart')).status).toBe(200);
    loaded.length = 0;
    expect((await client.get('/fresh/all')).body).toMatchObject({ statusCode: 401, reason: 'revoked' });
    expect(loaded).toEqual([]);
    await app.stop();
  });

  it('the statistics count hits, misses, bypasses and flushes', async () => {
    const before = statistics();
    const client = cached.client();
    await client.post('/login');
    await client.get('/cart'); // reads from Redis
    await client.get('/cart'); // a hit
    await client.get('/cache'); // a hit
    expect((await client.get('/cache')).body).toMatchObject({
      state: 'coherent',
      hits: before.hits + 3,
      misses: before.misses + 1,
      bypasses: before.bypasses,
      flushes: before.flushes,
    });
    expect(statistics().entries).toBeGreaterThan(0);
    expect(statistics().bytes).toBeGreaterThan(500);
  });

  it('the cache is disabled by default', async () => {
    await shopper(other);
    expect(other.app.get(SessionCache).statistics()).toEqual({
      state: 'off',
      ...{
        hits: 0,
        misses: 0,
        invalidations: 0,
        bypasses: 0,
        flushes: 0,
        outages: 0,
        current: 0,
        stale: 0,
        reason: null,
        entries: 0,
        bytes: 0,
      },
    });
    expect((await (await shopper(other)).get('/pay')).status).toBe(200);
  });
});

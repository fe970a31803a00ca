import { Controller, Get, Post, Req, UseGuards } from '@nestjs/common';
import {
  OnOutage,
  type RequestLike,
  Session,
  SessionGuard,
  SessionModule,
  type SessionModuleOptions,
  SessionService,
} from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import { onEachPlatform } from '../support/platforms.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import type { AnySession } from '../support/stage.js';
import { until } from '../support/until.js';

@Controller()
class ShopController {
  constructor(private readonly sessions: SessionService) {}

  @Post('sign-in')
  async signIn(@Req() request: RequestLike): Promise<void> {
    await this.sessions.signIn(request, { id: 'alice' });
  }

  @Get('plain')
  plain(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @Get('home')
  @OnOutage('anonymous')
  home(@Session() session: AnySession, @Req() request: RequestLike) {
    return { cart: session['cart'] ?? null, who: this.sessions.describe(request)?.userId ?? null };
  }

  @Get('strict')
  @OnOutage('fail')
  strict(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @Get('guarded')
  @OnOutage('anonymous')
  @UseGuards(SessionGuard)
  guarded() {
    return { in: true };
  }

  @Post('write')
  @OnOutage('anonymous')
  write(@Session() session: AnySession) {
    session['cart'] = ['book'];
    return { written: true };
  }

  @Post('sign-out')
  @OnOutage('anonymous')
  signOut(@Req() request: RequestLike): Promise<void> {
    return this.sessions.signOut(request);
  }

  @Post('destroy')
  @OnOutage('anonymous')
  destroy(@Session() session: AnySession): Promise<void> {
    return session.destroy();
  }

  @Post('start-over')
  @OnOutage('anonymous')
  startOver(@Session() session: AnySession): Promise<void> {
    return new Promise((resolve, reject) =>
      session.regenerate((error) => (error ? reject(error) : resolve())),
    );
  }

  @Post('revoke-others')
  @OnOutage('anonymous')
  async revokeOthers(@Req() request: RequestLike) {
    return { revoked: await this.sessions.revokeOthers(request) };
  }

  @Post('sign-in-anyway')
  @OnOutage('anonymous')
  async signInAnyway(@Req() request: RequestLike): Promise<void> {
    await this.sessions.signIn(request, { id: 'bob' });
  }
}

onEachPlatform((platform) => {
  let server: RedisServer;
  let proxy: FaultProxy;

  beforeAll(async () => {
    server = await startRedisServer();
    proxy = await FaultProxy.start(server.port);
  });
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  /** Runs a suite on an application during an outage, with a browser that signed in before. */
  function during(what: string, options: SessionModuleOptions, suite: (at: { browser: Client }) => void) {
    describe(what, () => {
      const at = {} as { browser: Client };
      let app: TestApp;
      beforeAll(async () => {
        await proxy.pass();
        const redis = { url: `redis://127.0.0.1:${proxy.port}`, options: { disconnectTimeout: 50 } };
        const sessionModule = SessionModule.forRoot({
          redis,
          ...options,
          outage: { deadline: 300, ...options.outage },
        });
        app = await startApp(platform, { controllers: [ShopController], sessionModule });
        at.browser = app.client();
        await at.browser.post('/sign-in');
        await at.browser.post('/write');
        await proxy.refuse();
      });
      afterAll(async () => {
        await proxy.pass();
        await app.app.close();
      });
      suite(at);

      test('users are signed in with their session data again when Redis is back', async () => {
        const { cookie } = at.browser;
        await proxy.pass();
        await until('the session', 5_000, async () => (await at.browser.get('/strict')).status === 200);
        expect((await at.browser.get('/home')).body).toEqual({ cart: ['book'], who: 'alice' });
        expect(at.browser.cookie).toBe(cookie);
      });
    });
  }

  during('an outage', {}, (at) => {
    test('a route without a policy responds with 503', async () => {
      expect(await at.browser.get('/plain')).toMatchObject({ status: 503, setCookies: [] });
    });

    test('a route that allows it continues as anonymous, and the cookie is kept', async () => {
      const answer = await at.browser.get('/home');
      expect(answer).toMatchObject({ status: 200, body: { cart: null, who: null }, setCookies: [] });
    });

    test('a guard rejects every request with 503', async () => {
      expect(await at.browser.get('/guarded')).toMatchObject({ status: 503, setCookies: [] });
    });

    test.each([
      ['a write to the session', '/write'],
      ['a sign-out', '/sign-out'],
      ['destroying the session', '/destroy'],
      ['starting the session over', '/start-over'],
      ["revoking the user's other sessions", '/revoke-others'],
      ['a sign-in', '/sign-in-anyway'],
    ])(
      '%s fails with 503 on a route that continues as anonymous, and the cookie is kept',
      async (_what, path) => {
        const answer = await at.browser.post(path);
        expect(answer).toMatchObject({ status: 503, setCookies: [] });
        expect(answer.headers['retry-after']).toBe('1');
      },
    );
  });

  during("an outage with outage.policy: 'anonymous'", { outage: { policy: 'anonymous' } }, (at) => {
    test('a route without a policy of its own continues as anonymous', async () => {
      const answer = await at.browser.get('/plain');
      expect(answer).toMatchObject({ status: 200, body: { cart: null }, setCookies: [] });
    });

    test("a route with the policy 'fail' responds with 503", async () => {
      expect((await at.browser.get('/strict')).status).toBe(503);
    });

    test("a guard and a sign-out fail with 503 under the policy 'anonymous', too", async () => {
      expect((await at.browser.get('/guarded')).status).toBe(503);
      expect((await at.browser.post('/sign-out')).status).toBe(503);
    });
  });

  describe('a request that was anonymous because of an outage', () => {
    test("a request that an outage made anonymous never replaces its client's session, even if Redis is back by then", async () => {
      await proxy.pass();
      const sessionModule = SessionModule.forRoot({
        redis: { url: `redis://127.0.0.1:${proxy.port}`, options: { disconnectTimeout: 50 } },
        outage: { deadline: 300 },
      });
      const gate = { open: () => undefined as void };
      @Controller()
      class SlowController {
        @Post('slow')
        @OnOutage('anonymous')
        async slow(@Session() session: AnySession) {
          session['cart'] = [];
          await new Promise<void>((resolve) => (gate.open = resolve));
        }
      }
      const app = await startApp(platform, { controllers: [ShopController, SlowController], sessionModule });
      const browser = app.client();
      await browser.post('/sign-in');
      await proxy.refuse();
      const slow = browser.post('/slow');
      const other = app.client();
      other.cookie = browser.cookie;
      await until('an outage that is noticed', 5_000, async () => (await other.get('/plain')).status === 503);
      await proxy.pass();
      await until('a Redis that is back', 5_000, async () => (await other.get('/plain')).status === 200);
      gate.open();
      expect(await slow).toMatchObject({ status: 503, setCookies: [] });
      expect((await browser.get('/home')).body).toEqual({ cart: null, who: 'alice' });
      await app.app.close();
    });
  });
});

test.each([undefined, 'anonymus'])(
  '@OnOutage(%j) throws an error that lists the expected values',
  (policy) => {
    expect(() => OnOutage(policy as 'anonymous')).toThrow(
      "@OnOutage(): expected 'fail' or 'anonymous', received",
    );
  },
);

import { Controller, Get, Post, Req } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  type RequestLike,
  Public,
  Session,
  SessionGuard,
  SessionModule,
  SessionService,
} from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { freePort, type RedisServer, startRedisServer } from '../support/redis-server.js';
import type { AnySession } from '../support/stage.js';

@Controller()
class ShopController {
  constructor(private readonly sessions: SessionService) {}

  @Public()
  @Post('sign-in')
  async signIn(@Req() request: RequestLike): Promise<void> {
    await this.sessions.signIn(request, { id: 'alice' });
  }

  @Post('sign-out')
  signOut(@Req() request: RequestLike): Promise<void> {
    return this.sessions.signOut(request);
  }

  @Get('guarded')
  guarded() {
    return { in: true };
  }

  @Public()
  @Get('cart')
  cart(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @Public()
  @Get('prices')
  prices() {
    return { book: 12 };
  }

  @Public()
  @Get('health')
  async health() {
    await this.sessions.ping();
    return { ok: true };
  }
}

onEachPlatform((platform) => {
  describe('while Redis is unavailable', () => {
    let server: RedisServer;
    let app: TestApp;
    let browser: Client;

    beforeAll(async () => {
      server = await startRedisServer({ port: await freePort() });
      const sessionModule = SessionModule.forRoot({
        // Otherwise ioredis keeps a timer for two seconds after each attempt, and Jest waits for it.
        redis: { url: server.url, options: { disconnectTimeout: 50 } },
        outage: { deadline: 200 },
      });
      app = await startApp(platform, {
        controllers: [ShopController],
        providers: [{ provide: APP_GUARD, useClass: SessionGuard }],
        sessionModule,
      });
      browser = app.client();
      await browser.post('/sign-in');
      await server.kill('SIGKILL');
    });
    afterAll(async () => {
      await app.app.close();
      await server.stop();
    });

    const timed = async (answer: ReturnType<Client['get']>) => {
      const start = performance.now();
      const { status, body, headers, setCookies } = await answer;
      expect(performance.now() - start).toBeLessThan(3_000);
      return { status, body, retryAfter: headers['retry-after'], setCookies };
    };
    const UNAVAILABLE = {
      status: 503,
      body: {
        statusCode: 503,
        message: 'Sessions are unavailable at the moment. Try again.',
        code: 'SESSION_UNAVAILABLE',
        error: 'Service Unavailable',
      },
      retryAfter: '1',
      setCookies: [],
    };

    test.each<[string, (client: Client) => ReturnType<Client['get']>]>([
      ['a guarded route', (client) => client.get('/guarded')],
      ['a route that reads the session', (client) => client.get('/cart')],
      ['a sign-in', (client) => client.post('/sign-in')],
      ['a sign-out, which did not happen,', (client) => client.post('/sign-out')],
      ['a health check', (client) => client.get('/health')],
    ])('%s is answered with 503 within a second, and the cookie stays', async (_what, send) => {
      expect(await timed(send(browser))).toEqual(UNAVAILABLE);
    });

    test('a sign-in of a client without a cookie is answered with 503 as well', async () => {
      expect(await timed(app.client().post('/sign-in'))).toEqual(UNAVAILABLE);
    });

    test('a guarded route answers a client without a cookie with 401, without the store', async () => {
      expect((await app.client().get('/guarded')).status).toBe(401);
    });

    test('a route that needs no session is answered as usual, with and without a cookie', async () => {
      expect(await browser.get('/prices')).toMatchObject({ status: 200, body: { book: 12 } });
      expect(await app.client().get('/prices')).toMatchObject({ status: 200, body: { book: 12 } });
    });

    test('the application recovers by itself when Redis is available again', async () => {
      const { port } = server;
      await server.stop();
      server = await startRedisServer({ port });
      const client = app.client();
      let status = 0;
      for (const end = Date.now() + 5000; status !== 201 && Date.now() < end;) {
        ({ status } = await client.post('/sign-in'));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }

      expect(status).toBe(201);
      expect((await client.get('/guarded')).status).toBe(200);
      // The sessions of the stopped Redis are lost, so the request is rejected.
      expect(await browser.get('/guarded')).toMatchObject({ status: 401, body: { reason: 'expired' } });
    });
  });
});

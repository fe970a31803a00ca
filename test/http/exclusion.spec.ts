import { type CanActivate, Controller, Get, Req, UseGuards } from '@nestjs/common';
import {
  CurrentUser,
  FreshSession,
  OnOutage,
  RecentSignIn,
  type RequestLike,
  Session,
  SessionGuard,
  type SessionModuleOptions,
  SessionService,
} from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import type { AnySession, StageRequest } from '../support/stage.js';
import { StoreHook } from '../support/store-hook.js';

class RefusingGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class ShopController {
  constructor(private readonly sessions: SessionService) {}

  @Get('sign-in')
  async signIn(@Req() request: RequestLike) {
    await this.sessions.signIn(request, { id: 'alice' });
  }

  @Get('health')
  health() {
    return { ok: true };
  }

  @Get('cart')
  cart(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }
}

/** Routes below an excluded path, which use the session in each way. */
@Controller('open')
class OpenController {
  constructor(private readonly sessions: SessionService) {}

  @OnOutage('anonymous')
  @Get('plain')
  plain() {
    return { open: true };
  }

  @UseGuards(RefusingGuard)
  @Get('refused')
  refused() {
    return { in: true };
  }

  @UseGuards(SessionGuard)
  @Get('guarded')
  guarded() {
    return { in: true };
  }

  @RecentSignIn('5m')
  @Get('recent')
  recent() {
    return { in: true };
  }

  @FreshSession()
  @Get('fresh')
  fresh(@Session() session: AnySession) {
    return { in: session.id };
  }

  @Get('parameter')
  parameter(@Session() session: AnySession) {
    return { in: session.id };
  }

  @Get('user')
  user(@CurrentUser() user: unknown) {
    return { in: user };
  }

  @Get('property')
  property(@Req() request: StageRequest) {
    return { in: request.session.id };
  }

  @Get('loaded')
  async loaded(@Req() request: RequestLike) {
    return { in: (await this.sessions.load(request)).id };
  }

  @Get('signed-in')
  async signedIn(@Req() request: RequestLike) {
    return { in: await this.sessions.signIn(request, { id: 'alice' }) };
  }

  @Get('described')
  described(@Req() request: RequestLike) {
    return { in: this.sessions.describe(request) };
  }
}

onEachPlatform((platform) => {
  describe.each(['eager', 'lazy'] as const)('with %s loading', (load) => {
    const hook = new StoreHook();
    let app: TestApp;
    let browser: Client;

    const start = (session: SessionModuleOptions) =>
      startApp(platform, {
        controllers: [ShopController, OpenController],
        session: { load, ...session },
        hook,
      });

    beforeAll(async () => {
      app = await start({ exclude: ['/health', '/open/*'] });
      browser = app.client();
      await browser.get('/sign-in');
    });
    beforeEach(() => {
      hook.reset();
      log.turnPage();
    });

    test('an excluded request sends no command, and its response does not depend on the cookie', async () => {
      for (const path of ['/health', '/health?x=/cart', '/open/plain', '/open/missing']) {
        const { headers, setCookies } = await browser.get(path);
        expect({ path, vary: headers.vary, setCookies }).toEqual({ path, vary: undefined, setCookies: [] });
      }
      expect(hook.calls).toEqual([]);
      expect((await browser.get('/health')).body).toEqual({ ok: true });
      expect((await browser.get('/open/refused')).status).toBe(403);
    });

    test('an excluded request is not counted as a request with sessions', async () => {
      const { requests } = app.sessions.statistics();
      await browser.get('/health');
      expect(app.sessions.statistics().requests).toBe(requests);
      await browser.get('/cart');
      expect(app.sessions.statistics().requests).toBe(requests + 1);
    });

    test.each([
      ...['guarded', 'recent', 'fresh', 'parameter', 'user', 'property', 'loaded', 'signed-in', 'described'],
    ])('open/%s fails for every client, and the log names the option', async (path) => {
      for (const client of [browser, app.client()]) {
        log.turnPage();
        const { status, setCookies } = await client.get(`/open/${path}`);

        expect({ status, setCookies }).toEqual({ status: 500, setCookies: [] });
        expect(log.recent('error').join()).toContain('the option "exclude" of SessionModule matches it');
      }
      expect(hook.calls).toEqual([]);
    });

    test.each(['/cart?x=/health', '/cart?/open/', '/cart#/open/x'])(
      'a request for %s keeps its session',
      async (path) => {
        expect(await browser.get(path)).toMatchObject({ status: 200, body: { cart: null } });
        expect(hook.calls).toEqual(['load']);
      },
    );

    test.each([
      ...['/open%2fguarded', '/OPEN/guarded', '//open/guarded', '/open/guarded/', '/%6fpen/guarded'],
      ...['/open/../open/guarded', '/open/%67uarded', '/open//guarded', '/./open/guarded', '/open/guarded;x'],
    ])('a request for %s of a client that is not signed in is not admitted', async (path) => {
      const { status, body } = await app.client().get(path);

      expect([401, 404, 500]).toContain(status);
      expect(body).not.toHaveProperty('in');
    });

    test('a function excludes requests, and one that fails is answered with 500', async () => {
      const exclude = ({ url, headers }: { url?: string; headers: RequestLike['headers'] }) => {
        if (headers['x-fail'] !== undefined) throw new Error('no answer');
        return url === '/health';
      };
      const other = await start({ exclude });
      const client = other.client();
      await client.get('/sign-in');
      hook.reset();

      expect((await client.get('/health')).status).toBe(200);
      expect(hook.calls).toEqual([]);
      await client.get('/cart');
      expect(hook.calls).toEqual(['load']);
      expect((await client.get('/health', { headers: { 'X-Fail': '1' } })).status).toBe(500);
      expect((await client.get('/health')).status).toBe(200);
    });
  });
});

import { Controller, Get, Header, type MessageEvent, Post, Req, Sse, UseGuards } from '@nestjs/common';
import {
  RecentSignIn,
  type RequestLike,
  Session,
  SessionGuard,
  type SessionModuleOptions,
  SessionService,
  SessionUnavailableError,
} from 'nestjs-redis-session';
import { from, type Observable } from 'rxjs';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { RawExchange } from '../support/raw-exchange.js';
import type { AnySession } from '../support/stage.js';
import { StoreHook } from '../support/store-hook.js';

@Controller()
class CachingController {
  constructor(private readonly sessions: SessionService) {}

  @Post('sign-in')
  @Header('Cache-Control', 'public, max-age=600, no-transform')
  @Header('CDN-Cache-Control', 'max-age=600')
  signIn(@Req() request: RequestLike) {
    return this.sessions.signIn(request, { id: 'alice' });
  }

  @Post('sign-out')
  signOut(@Req() request: RequestLike) {
    return this.sessions.signOut(request);
  }

  @Post('start-over')
  startOver(@Session() session: AnySession) {
    return new Promise((resolve) => session.regenerate(resolve));
  }

  @Post('change-user')
  async changeUser(@Req() request: RequestLike) {
    await this.sessions.signOut(request);
    await this.sessions.signIn(request, { id: 'bob' });
  }

  @Sse('events')
  events(@Session() session: AnySession): Observable<MessageEvent> {
    session['seen'] = true;
    return from([{ data: 'one' }]);
  }

  @Get('open')
  @Header('Cache-Control', 'public, max-age=600')
  open() {
    return { open: true };
  }

  @Get('seen')
  seen(@Session() session: AnySession) {
    return { seen: session['seen'] ?? null };
  }

  @UseGuards(SessionGuard)
  @Get('guarded')
  guarded() {
    return { guarded: true };
  }

  @UseGuards(SessionGuard)
  @Post('write')
  write(@Session() session: AnySession) {
    session['seen'] = true;
    return { written: true };
  }

  @UseGuards(SessionGuard)
  @Get('picture')
  @Header('Cache-Control', 'private, max-age=60')
  picture() {
    return { picture: true };
  }

  @RecentSignIn('5m')
  @Get('recent')
  recent() {
    return { recent: true };
  }
}

onEachPlatform((platform) => {
  const start = (responses?: SessionModuleOptions['responses']) =>
    startApp(platform, {
      controllers: [CachingController],
      session: responses === undefined ? {} : { responses },
    });
  const cacheControl = async (client: Client, method: string, path: string) =>
    (await client.send(method, path)).headers['cache-control'];

  describe('a response that sets the cookie', () => {
    let app: TestApp;
    beforeAll(async () => {
      app = await start();
    });

    test('a response that sets the cookie is stored by no cache, and otherwise keeps the headers of the handler', async () => {
      const { headers } = await app.client().post('/sign-in');

      expect(headers['cache-control']).toBe('no-transform, no-store');
      expect(headers['cdn-cache-control']).toBe('no-store');
    });

    test('an event stream that sets the cookie has no-transform, so that compressing proxies do not buffer it', async () => {
      const { headers, sessionCookie } = await (await RawExchange.send(app.port, 'GET /events')).answer();

      expect(sessionCookie).not.toBeNull();
      expect(headers['cache-control']).toBe('private, no-cache, no-store, must-revalidate, no-transform');
    });
  });

  describe('with the option responses.noStore', () => {
    let app: TestApp;
    let browser: Client;
    beforeAll(async () => {
      app = await start({ noStore: true });
      browser = app.client();
      await browser.post('/sign-in');
    });

    test.each([
      ['GET', '/guarded'],
      ['POST', '/write'],
      ['GET', '/recent'],
    ])('no cache may store the response to %s %s, which is guarded', async (method, path) => {
      const answer = await browser.send(method, path);

      expect(answer.status).toBeLessThan(300);
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Cookie' });
    });

    test('no cache may store the rejection by a guard', async () => {
      expect(await cacheControl(app.client(), 'GET', '/guarded')).toBe('no-store');
      expect(await cacheControl(app.client(), 'GET', '/recent')).toBe('no-store');
    });

    test('a guarded handler can set its own Cache-Control', async () => {
      expect(await cacheControl(browser, 'GET', '/picture')).toBe('private, max-age=60');
    });

    test('responses of other handlers keep their Cache-Control', async () => {
      expect(await cacheControl(browser, 'GET', '/open')).toBe('public, max-age=600');
      expect(await cacheControl(browser, 'GET', '/seen')).toBeUndefined();
    });
  });

  test('guarded responses have no Cache-Control without the option responses.noStore', async () => {
    const app = await start({ noStore: false });
    const browser = app.client();
    await browser.post('/sign-in');

    expect(await cacheControl(browser, 'GET', '/guarded')).toBeUndefined();
    expect(await cacheControl(browser, 'POST', '/write')).toBeUndefined();
  });

  describe('with the option responses.clearSiteData', () => {
    const CLEARED = '"cache", "storage"';
    const hook = new StoreHook();
    let app: TestApp;
    let browser: Client;
    beforeAll(async () => {
      app = await startApp(platform, {
        controllers: [CachingController],
        session: { responses: { clearSiteData: ['cache', 'storage'] } },
        hook,
      });
    });
    beforeEach(async () => {
      browser = app.client();
      await browser.post('/sign-in');
    });
    afterEach(() => hook.reset());

    const clearedBy = async (path: string, client = browser) =>
      (await client.post(path)).headers['clear-site-data'];

    test.each(['/sign-out', '/start-over'])(
      'the response to %s, which signs the user out, clears them',
      async (path) => {
        expect(await clearedBy(path)).toBe(CLEARED);
        expect(await clearedBy(path)).toBeUndefined();
      },
    );

    test('no other response clears anything', async () => {
      expect(await clearedBy('/sign-in')).toBeUndefined();
      expect(await clearedBy('/write')).toBeUndefined();
      expect(await clearedBy('/change-user')).toBeUndefined();
      expect(await clearedBy('/sign-out', app.client())).toBeUndefined();
    });

    test('a session that was ended elsewhere clears nothing', async () => {
      await app.sessions.revokeAll('alice');
      expect(await clearedBy('/sign-out')).toBeUndefined();
    });

    test('a session that ends elsewhere during a write clears nothing', async () => {
      const gate = hook.gate('commit');
      const answer = browser.post('/write');
      await gate.arrived;
      await app.sessions.revokeAll('alice');
      gate.open();
      expect((await answer).headers['clear-site-data']).toBeUndefined();
    });

    test('a sign-out that fails clears nothing', async () => {
      hook.fail(new SessionUnavailableError('end the session', new Error('no reply')), 'destroy');
      expect(await clearedBy('/sign-out')).toBeUndefined();
      hook.reset();
      expect(await clearedBy('/sign-out')).toBe(CLEARED);
    });
  });
});

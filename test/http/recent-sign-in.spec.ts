import { Controller, Get, Inject, Post, Req } from '@nestjs/common';
import {
  MemoryStore,
  RecentSignIn,
  type RequestLike,
  type SessionInfo,
  SessionModule,
  SessionService,
} from 'nestjs-redis-session';
import { TestClock } from 'nestjs-redis-session/testing';
import { redis, startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { changeTimes } from '../support/stored-session.js';
import { AccountController, GLOBAL_GUARD, signIn } from './guarded.app.js';

@Controller('safe')
@RecentSignIn('5m')
class SafeController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Get()
  look() {
    return { open: true };
  }

  @Get('vault')
  @RecentSignIn('1m')
  vault() {
    return { vault: true };
  }

  @Post('again')
  again(@Req() request: RequestLike): Promise<SessionInfo> {
    return this.sessions.signIn(request, { id: 'alice' });
  }
}

onEachPlatform((platform) => {
  describe.each([
    ['beside a global SessionGuard', [GLOBAL_GUARD]],
    ['alone', []],
  ])('@RecentSignIn() %s', (_how, providers) => {
    let app: TestApp;
    let browser: Client;

    beforeAll(async () => {
      app = await startApp(platform, { controllers: [AccountController, SafeController], providers });
    });
    beforeEach(() => (browser = app.client()));

    async function signedInAgo(minutes: number): Promise<void> {
      const { id } = (await signIn(browser)).body as SessionInfo;
      await changeTimes(redis(), app.keyOf(id), { signedInAt: Date.now() - minutes * 60_000 });
    }

    test('@RecentSignIn() accepts a user who signed in within the time', async () => {
      await signedInAgo(4);
      expect(await browser.get('/safe')).toMatchObject({ status: 200, body: { open: true } });
    });

    test('@RecentSignIn() answers an older sign-in with 403 and the reason, and the session continues', async () => {
      await signedInAgo(6);
      expect(await browser.get('/safe')).toMatchObject({
        status: 403,
        body: {
          ...{ statusCode: 403, reason: 'sign-in-not-recent', maxAgeMs: 300_000 },
          code: 'SESSION_SIGN_IN_NOT_RECENT',
        },
      });
      expect((await browser.get('/account/me')).status).toBe(200);
    });

    test('@RecentSignIn() of a handler overrides the time of its controller', async () => {
      await signedInAgo(2);
      expect((await browser.get('/safe')).status).toBe(200);
      expect((await browser.get('/safe/vault')).status).toBe(403);
    });

    test('@RecentSignIn() accepts a repeated sign-in, and the old cookie is invalid', async () => {
      await signedInAgo(6);
      const before = browser.copy();
      await signIn(browser);
      expect((await browser.get('/safe/vault')).status).toBe(200);
      expect((await before.get('/safe')).status).toBe(401);
    });

    test('@RecentSignIn() answers an anonymous client with 401 and the reason', async () => {
      expect(await browser.get('/safe')).toMatchObject({ status: 401, body: { reason: 'anonymous' } });
    });
  });

  test('@RecentSignIn() accepts at the end of the time, and rejects a millisecond later', async () => {
    const clock = new TestClock();
    const store = new MemoryStore({ clock });
    const app = await startApp(platform, {
      sessionModule: SessionModule.forRoot({ store }),
      controllers: [AccountController, SafeController],
    });
    const browser = app.client();
    await signIn(browser);
    clock.advance('5m');
    expect((await browser.get('/safe')).status).toBe(200);
    clock.advance(1);
    expect((await browser.get('/safe')).status).toBe(403);
  });

  test.each([
    ['soon', 'expected a positive length of time'],
    [undefined, 'received undefined'],
    [5, "Without a unit that is 5 ms. Did you mean '5s' or '5m'?"],
  ])('@RecentSignIn(%j) throws an error that says what was expected', (time, message) => {
    expect(() => RecentSignIn(time as string)).toThrow(message);
  });
});

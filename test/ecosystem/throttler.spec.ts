import { Controller, Get, Injectable } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { SkipThrottle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { Public, SessionGuard } from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import { Browser } from './support/browser.js';
import { Site } from './support/site.js';
import { about } from './support/suite.js';

const LIMIT = 3;

/** Counts requests of signed-in clients by user, and others by address. */
@Injectable()
class UserThrottlerGuard extends ThrottlerGuard {
  protected override getTracker(request: { user?: { id: string }; ip: string }): Promise<string> {
    return Promise.resolve(request.user?.id ?? request.ip);
  }
}

@Controller()
class Pages {
  @Get('costly')
  costly() {
    return {};
  }

  @Public()
  @Get('open')
  open() {
    return {};
  }
}

SkipThrottle()(Site);

about('@nestjs/throttler', (platform) => {
  let app: TestApp;
  beforeEach(async () => {
    await app?.stop();
    app = await startApp(platform, {
      imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: LIMIT }])],
      controllers: [Pages, Site],
      // In this order, the user is on the request when the throttler counts.
      providers: [
        { provide: APP_GUARD, useClass: SessionGuard },
        { provide: APP_GUARD, useClass: UserThrottlerGuard },
      ],
    });
  });

  async function signedIn(user: string): Promise<Browser> {
    const browser = new Browser(app);
    await browser.post('/sign-in', { user });
    return browser;
  }

  async function statuses(browser: Browser, path: string, times: number): Promise<number[]> {
    const all: number[] = [];
    for (let time = 0; time < times; time++) {
      const { status, setCookies } = await browser.get(path);
      expect(setCookies).toEqual([]);
      all.push(status);
    }
    return all;
  }

  test('the limit of a user applies to all of the user’s sessions, and to no other user', async () => {
    const [phone, laptop, other] = [await signedIn('alice'), await signedIn('alice'), await signedIn('bob')];
    expect(await statuses(phone, '/costly', 2)).toEqual([200, 200]);
    expect(await statuses(laptop, '/costly', 2)).toEqual([200, 429]);
    expect(await statuses(phone, '/costly', 1)).toEqual([429]);
    expect(await statuses(other, '/costly', LIMIT)).toEqual([200, 200, 200]);
    expect((await phone.get('/me')).body).toEqual({ id: 'alice' });
  });

  test('the session guard rejects a visitor before the throttler counts the request', async () => {
    const visitor = new Browser(app);
    expect(await statuses(visitor, '/costly', LIMIT + 1)).toEqual([401, 401, 401, 401]);
    expect(await statuses(visitor, '/open', LIMIT + 1)).toEqual([200, 200, 200, 429]);
    expect(await app.sessionKeys()).toEqual([]);
  });
});

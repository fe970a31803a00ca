import { Controller, Get } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { RecentSignIn, type SessionModuleOptions } from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { AccountController, GLOBAL_GUARD, signIn } from './guarded.app.js';
import { jest } from '@jest/globals';

const HOUR_MS = 3_600_000;
const GRACE_MS = 20;
const machineTime = Date.now;

/** Makes this process read every reply late. Returns a function that stops the delay. */
function stallProcess(): () => void {
  const timer = setInterval(() => {
    const end = performance.now() + 5 * GRACE_MS;
    while (performance.now() < end);
  });
  return () => clearInterval(timer);
}

/** Changes the clock of the machine for this process. */
function stepClock(byMs: number): void {
  jest.spyOn(Date, 'now').mockImplementation(() => machineTime() + byMs);
}

afterEach(() => jest.restoreAllMocks());

@Controller('vault')
class VaultController {
  @Get()
  @RecentSignIn('50ms')
  look() {
    return { open: true };
  }

  @Get('within-the-hour')
  @RecentSignIn('1h')
  lookWithinTheHour() {
    return { open: true };
  }
}

const stores: [string, SessionModuleOptions][] = [
  ['Redis', {}],
  ['Redis with the cache', { cache: true }],
  [
    'memory',
    { redis: undefined, store: 'memory', prefix: undefined, outage: undefined, redisChecks: undefined },
  ],
];

onEachPlatform((platform) => {
  describe.each(stores)('a step of the machine clock, with sessions in %s,', (_where, options) => {
    let app: TestApp;
    let browser: Client;

    beforeAll(async () => {
      app = await startApp(platform, {
        controllers: [AccountController, VaultController],
        providers: [GLOBAL_GUARD],
        session: { idle: '10m', rotation: { every: '100ms', grace: `${GRACE_MS}ms` }, ...options },
      });
    });
    beforeEach(async () => {
      browser = app.client();
      await signIn(browser);
    });

    test.each([
      ['forward', HOUR_MS],
      ['back', -HOUR_MS],
    ])('a clock step %s leaves an active user signed in, and the sign-in recent', async (_way, byMs) => {
      stepClock(byMs);
      expect((await browser.get('/account/me')).status).toBe(200);
      expect((await browser.get('/vault/within-the-hour')).status).toBe(200);
      expect((await browser.get('/account/me')).status).toBe(200);
    });

    test('a clock step back does not make an old sign-in recent', async () => {
      await delay(60);
      stepClock(-HOUR_MS);
      expect((await browser.get('/vault')).status).toBe(403);
    });

    test('a clock step back does not make an exchanged token valid again', async () => {
      const old = browser.copy();
      await delay(110);
      await browser.get('/account/me');
      expect(browser.cookie).not.toBe(old.cookie);
      await browser.get('/account/me'); // the new token is used, so the grace period of the old one begins
      await delay(GRACE_MS + 10);
      stepClock(-HOUR_MS);
      expect((await old.get('/account/me')).status).toBe(401);
      expect((await browser.get('/account/me')).status).toBe(200);
    });

    test('an exchanged token is rejected after its grace period even if the process reads the time late', async () => {
      const old = browser.copy();
      await delay(110);
      const endStall = stallProcess();
      await browser.get('/account/me');
      endStall();
      await browser.get('/account/me'); // the new token is used, so the grace period of the old one begins
      await delay(GRACE_MS + 10);
      expect((await old.get('/account/me')).status).toBe(401);
    });
  });
});

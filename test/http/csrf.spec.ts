import { Body, Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  type RequestLike,
  SessionCsrfGuard,
  type SessionModuleOptions,
  SessionService,
  SkipCsrf,
} from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform, type Platform } from '../support/platforms.js';

const SECRET = 'a secret of this test, of 32 characters or more';
const FRONT_END = 'https://app.example.com';

@Controller('money')
class MoneyController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Post('sign-in')
  @HttpCode(200)
  async signIn(@Req() request: RequestLike, @Body() body: { id: string }): Promise<void> {
    await this.sessions.signIn(request, body);
  }

  @Get('token')
  async token(@Req() request: RequestLike) {
    await this.sessions.load(request);
    return { token: this.sessions.csrfToken(request) };
  }

  @Get('balance')
  balance() {
    return { balance: 1 };
  }

  @Post('transfer')
  @HttpCode(200)
  transfer() {
    return { sent: true };
  }

  @SkipCsrf()
  @Post('webhook')
  @HttpCode(200)
  webhook() {
    return { received: true };
  }
}

const start = (platform: Platform, session: SessionModuleOptions = {}, trustProxy = false) =>
  startApp(platform, {
    controllers: [MoneyController],
    providers: [{ provide: APP_GUARD, useClass: SessionCsrfGuard }],
    session,
    trustProxy,
  });

const refusal = (reason: string) => ({
  status: 403,
  body: { statusCode: 403, error: 'Forbidden', code: 'SESSION_CSRF', reason },
});

onEachPlatform((platform) => {
  describe.each(['eager', 'lazy'] as const)('SessionCsrfGuard with %s loading', (load) => {
    let app: TestApp;
    let browser: Client;

    beforeAll(async () => {
      app = await start(platform, { load, csrf: { origins: [FRONT_END], secret: SECRET } });
    });
    beforeEach(async () => {
      browser = app.client();
      await browser.post('/money/sign-in', { id: 'alice' });
    });

    const host = () => `127.0.0.1:${app.port}`;
    const transfer = (headers: Record<string, string>, body: object = {}) =>
      browser.post('/money/transfer', body, { headers });
    const tokenOf = async (client: Client) =>
      ((await client.get('/money/token')).body as { token: string }).token;

    test.each<[string, Record<string, string>]>([
      ['a page of this origin, by Fetch Metadata', { 'Sec-Fetch-Site': 'same-origin' }],
      ['the user, such as by reloading', { 'Sec-Fetch-Site': 'none' }],
      ['an allowed origin', { 'Sec-Fetch-Site': 'cross-site', Origin: FRONT_END }],
      ['an allowed host of the same site', { 'Sec-Fetch-Site': 'same-site', Origin: FRONT_END }],
      ['an allowed origin, without Fetch Metadata', { Origin: FRONT_END }],
      ['an allowed origin, by its Referer', { Referer: `${FRONT_END}/form?page=1` }],
    ])('lets a request pass that was sent by %s', async (_source, headers) => {
      expect(await transfer(headers)).toMatchObject({ status: 200, body: { sent: true } });
    });

    test('lets a request pass whose Origin or Referer is the address of the server', async () => {
      expect((await transfer({ Origin: `http://${host()}` })).status).toBe(200);
      expect((await transfer({ Referer: `http://${host()}/form` })).status).toBe(200);
    });

    test.each<[string, Record<string, string>]>([
      ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
      ['another host of the same site', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://x.example.com' }],
      ['another site that hides its origin', { 'Sec-Fetch-Site': 'cross-site', Origin: 'null' }],
      ['an unknown kind of site', { 'Sec-Fetch-Site': 'some-site' }],
      ['another origin, in an old browser', { Origin: 'https://evil.example' }],
      ['another origin, by its Referer', { Referer: 'https://evil.example/form' }],
      ['an origin that begins with an allowed one', { Origin: `${FRONT_END}.evil.example` }],
      ['an allowed host over plain HTTP', { Origin: 'http://app.example.com' }],
      ['a Referer that is no address', { Referer: 'app.example.com' }],
    ])('refuses a request that was sent by %s', async (_source, headers) => {
      expect(await transfer(headers)).toMatchObject(refusal('cross-origin'));
      expect((await browser.get('/money/balance', { headers })).status).toBe(200);
    });

    test('refuses a sign-in from another site, which would put the user into a session of the attacker', async () => {
      const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
      const stranger = app.client();
      expect(await stranger.post('/money/sign-in', { id: 'mallory' }, { headers })).toMatchObject(
        refusal('cross-origin'),
      );
      expect(stranger.cookie).toBeNull();
    });

    test('a valid token does not vouch for a request of another origin', async () => {
      const token = await tokenOf(browser);
      expect(await transfer({ Origin: 'https://evil.example', 'X-CSRF-Token': token })).toMatchObject(
        refusal('cross-origin'),
      );
    });

    test('a client without these headers needs no token as long as it has no session', async () => {
      expect((await app.client().post('/money/transfer', {})).status).toBe(200);
      const ended = { cookie: `${String(browser.cookie).split('=')[0]}=${'A'.repeat(40)}` };
      expect((await app.client().post('/money/transfer', {}, ended)).status).toBe(200);
    });

    test.each<Record<string, string>>([{}, { Origin: 'null' }, { Referer: '' }])(
      'a client with a session that sends %j passes with its token in a header or in a form',
      async (headers) => {
        const token = await tokenOf(browser);
        expect(await transfer(headers)).toMatchObject(refusal('csrf-token-missing'));
        expect((await transfer({ ...headers, 'X-CSRF-Token': token })).status).toBe(200);
        expect((await transfer({ ...headers, 'X-XSRF-Token': token })).status).toBe(200);
        expect((await transfer(headers, { _csrf: token })).status).toBe(200);
      },
    );

    test.each<[string, (token: string) => string]>([
      ['empty', () => ''],
      ['shorter', (token) => token.slice(0, -4)],
      ['longer', (token) => `${token}AAAA`],
      ['with another nonce', (token) => (token.startsWith('A') ? 'B' : 'A') + token.slice(1)],
      ['with another digest', (token) => token.slice(0, -2) + (token.endsWith('AA') ? 'QQ' : 'AA')],
    ])('refuses a token that is %s', async (_what, change) => {
      const token = change(await tokenOf(browser));
      expect(await transfer({ 'X-CSRF-Token': token })).toMatchObject(refusal('csrf-token-invalid'));
    });

    test('refuses the token of another session, and that of the session before a sign-in', async () => {
      const other = app.client();
      await other.post('/money/sign-in', { id: 'mallory' });
      for (const token of [await tokenOf(other), await tokenOf(browser)]) {
        await browser.post('/money/sign-in', { id: 'alice' }, { headers: { Origin: FRONT_END } });
        expect(await transfer({ 'X-CSRF-Token': token })).toMatchObject(refusal('csrf-token-invalid'));
      }
      expect((await transfer({ 'X-CSRF-Token': await tokenOf(browser) })).status).toBe(200);
    });

    test('ignores a token in a query and in the prototype of a body', async () => {
      const token = await tokenOf(browser);
      const answer = await browser.post(`/money/transfer?_csrf=${token}`, { __proto__: { _csrf: token } });
      expect(answer).toMatchObject(refusal('csrf-token-missing'));
    });

    test('@SkipCsrf() exempts a handler', async () => {
      const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://bank.example' };
      expect((await browser.post('/money/webhook', {}, { headers })).status).toBe(200);
    });

    test('emits csrf-refused with the source and the reason', async () => {
      await transfer({ Origin: 'https://events.example' });
      const [refused] = (await app.eventsOf('csrf-refused')).slice(-1);
      expect(refused).toMatchObject({ reason: 'cross-origin', source: 'https://events.example' });
    });
  });

  describe('SessionCsrfGuard', () => {
    const send = (client: Client, headers: Record<string, string>) =>
      client.post('/money/transfer', {}, { headers });

    async function signedIn(app: TestApp): Promise<Client> {
      const browser = app.client();
      await browser.post('/money/sign-in', { id: 'alice' });
      return browser;
    }

    test('refuses every request without a source and a secret, and csrfToken() names the option', async () => {
      const app = await start(platform);
      const browser = await signedIn(app);
      expect(await send(browser, {})).toMatchObject(refusal('csrf-token-missing'));
      expect(await send(browser, { 'X-CSRF-Token': 'x'.repeat(64) })).toMatchObject(
        refusal('csrf-token-invalid'),
      );
      expect((await browser.get('/money/token')).status).toBe(500);
      expect(log.recent('error').join()).toContain(
        'csrfToken() needs a secret, but the option "csrf.secret" was not set',
      );
    });

    test('checks the source of a request that gets no session, and asks for no token', async () => {
      const app = await start(platform, { exclude: ['/money/transfer'] });
      const browser = await signedIn(app);
      expect((await send(browser, {})).status).toBe(200);
      expect(await send(browser, { Origin: 'https://evil.example' })).toMatchObject(refusal('cross-origin'));
    });

    test('knows its own origin behind a proxy by the headers that the platform trusts', async () => {
      const app = await start(platform, {}, true);
      const browser = await signedIn(app);
      const proxy = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'shop.example.com' };
      expect((await send(browser, { ...proxy, Origin: 'https://shop.example.com' })).status).toBe(200);
      expect(await send(browser, { ...proxy, Origin: 'http://shop.example.com' })).toMatchObject(
        refusal('cross-origin'),
      );
    });

    test('ignores the headers of a proxy that is not trusted', async () => {
      const app = await start(platform);
      const browser = await signedIn(app);
      const forged = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.example' };
      expect(await send(browser, { ...forged, Origin: 'https://evil.example' })).toMatchObject(
        refusal('cross-origin'),
      );
    });
  });
});

import { Controller, Get, Injectable, Post, Redirect, Req, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import {
  type PassportSamlConfig,
  type Profile,
  Strategy,
  ValidateInResponseTo,
} from '@node-saml/passport-saml';
import { Public, SessionGuard, type SessionModuleOptions, SessionService } from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import { makeCertificate } from '../support/certificate.js';
import { freePort } from '../support/redis-server.js';
import { Browser, type Page } from './support/browser.js';
import { ProviderProcess } from './support/provider.js';
import { type AnyRequest, Site } from './support/site.js';
import { about } from './support/suite.js';

/** The constructor as called by Nest, which passes the second argument. */
const SamlStrategy = Strategy as unknown as new (options: PassportSamlConfig) => Strategy;
const { certificate, key } = makeCertificate('rsa');
const provider = await ProviderProcess.start('saml', { CERTIFICATE: certificate, KEY: key });
afterAll(() => provider.stop());

@Controller()
@Public()
class AuthController {
  constructor(private readonly sessions: SessionService) {}

  @Get('login')
  @UseGuards(AuthGuard('saml'))
  login() {
    // The guard has redirected.
  }

  @Post('callback')
  @UseGuards(AuthGuard('saml'))
  @Redirect('/me', 303)
  async callback(@Req() request: AnyRequest & { readonly user: { readonly id: string } }) {
    await this.sessions.signIn(request, request.user);
  }
}

about('@node-saml/passport-saml', (platform) => {
  async function start(session: SessionModuleOptions = {}): Promise<TestApp> {
    const port = await freePort();

    @Injectable()
    class Saml extends PassportStrategy(SamlStrategy) {
      constructor() {
        super({
          callbackUrl: `http://127.0.0.1:${port}/callback`,
          entryPoint: `${provider.url}/sso`,
          issuer: 'app',
          idpCert: certificate,
          validateInResponseTo: ValidateInResponseTo.always,
        });
      }

      validate({ nameID }: Profile) {
        return { id: nameID };
      }
    }

    return startApp(platform, {
      port,
      imports: [PassportModule],
      controllers: [AuthController, Site],
      providers: [Saml, { provide: APP_GUARD, useClass: SessionGuard }],
      session,
    });
  }

  async function signIn(browser: Browser): Promise<Page> {
    await browser.open('/login');
    await browser.submit({ login: 'alice', password: 'any' });
    return browser.submit();
  }

  describe('with the default SameSite=Lax', () => {
    let app: TestApp;
    let browser: Browser;
    beforeAll(async () => void (app = await start()));
    beforeEach(() => void (browser = new Browser(app)));
    afterEach(() => app.sessions.revokeAll('alice'));

    test('the SAML response, which another site posts, signs in', async () => {
      const arrived = await signIn(browser);
      expect(arrived).toMatchObject({ status: 200, body: { id: 'alice' } });
      expect(arrived.hops[0]?.setCookies).toHaveLength(1);
      expect(await app.sessions.list('alice')).toHaveLength(1);
    });

    test('the post arrives without the cookie, so the data of the visitor are lost', async () => {
      await browser.post('/cart');
      const before = browser.cookies;
      await signIn(browser);
      expect(browser.cookies).not.toBe(before);
      expect((await browser.get('/cart')).body).toEqual({ cart: null });
    });

    test('a SAML response is accepted once', async () => {
      await browser.open('/login');
      await browser.submit({ login: 'alice', password: 'any' });
      const thief = browser.copyAt();
      await browser.submit();
      expect((await thief.submit()).status).toBe(500);
      expect((await thief.get('/me')).status).toBe(401);
    });
  });

  describe('with SameSite=None', () => {
    let app: TestApp;
    beforeAll(async () => void (app = await start({ cookie: { secure: true, sameSite: 'none' } })));

    test('the visitor gets a new token, and the session keeps its data', async () => {
      const browser = new Browser(app);
      await browser.post('/cart');
      const early = browser.copy();
      await signIn(browser);
      expect((await browser.get('/cart')).body).toEqual({ cart: ['book'] });
      expect((await browser.get('/me')).body).toEqual({ id: 'alice' });
      expect((await early.get('/me')).status).toBe(401);
    });
  });
});

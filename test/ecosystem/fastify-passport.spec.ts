import { Authenticator } from '@fastify/passport';
import { Controller, Get } from '@nestjs/common';
import { CurrentUser } from 'nestjs-redis-session';
import OAuth2Strategy from 'passport-oauth2';
import { startApp, type TestApp } from '../support/app.js';
import { freePort } from '../support/redis-server.js';
import { Browser } from './support/browser.js';
import { ProviderProcess } from './support/provider.js';
import { signInSuite } from './support/sign-in.suite.js';
import { fastifyOf, Site } from './support/site.js';
import { about } from './support/suite.js';

const provider = await ProviderProcess.start('openid');
afterAll(() => provider.stop());

interface User {
  readonly id: string;
}

@Controller()
class Pages {
  @Get('whole')
  whole(@CurrentUser() user: unknown) {
    return { user };
  }
}

about('@fastify/passport', (platform) => {
  async function start(options: ConstructorParameters<typeof Authenticator>[0] = {}): Promise<TestApp> {
    const port = await freePort();
    const passport = new Authenticator(options);
    passport.registerUserSerializer((user: User) => Promise.resolve(user.id));
    passport.registerUserDeserializer((id: string) => Promise.resolve({ id, name: `the user ${id}` }));
    passport.use(
      'oauth2',
      new OAuth2Strategy(
        {
          authorizationURL: `${provider.url}/auth`,
          tokenURL: `${provider.url}/token`,
          clientID: 'app',
          clientSecret: 'a-secret-between-the-application-and-its-provider',
          callbackURL: `http://127.0.0.1:${port}/callback`,
          scope: 'openid',
          state: true,
          pkce: true,
        },
        (token: string, _refresh: string, _profile: unknown, done: OAuth2Strategy.VerifyCallback) => {
          fetch(`${provider.url}/me`, { headers: { authorization: `Bearer ${token}` } })
            .then((answer) => answer.json() as Promise<{ sub: string }>)
            .then(({ sub }) => done(null, { id: sub }), done);
        },
      ) as never,
    );
    return startApp(platform, {
      port,
      controllers: [Pages, Site],
      main: async (app) => {
        const fastify = fastifyOf(app);
        await fastify.register(passport.initialize());
        await fastify.register(passport.secureSession());
        const preValidation = passport.authenticate('oauth2', { successRedirect: '/me' });
        fastify.get('/login', { preValidation }, () => undefined);
        fastify.get('/callback', { preValidation }, () => undefined);
        fastify.post('/logout', async (request, reply) => {
          await request.logOut();
          return reply.code(204).send();
        });
      },
    });
  }

  describe('with clearSessionOnLogin: false', () => {
    signInSuite({ start: () => start({ clearSessionOnLogin: false }), callback: '/callback', refusal: 403 });
  });

  describe('with the default options', () => {
    let app: TestApp;
    let browser: Browser;
    beforeAll(async () => void (app = await start()));
    beforeEach(() => void (browser = new Browser(app)));
    afterEach(() => app.sessions.revokeAll('alice'));

    async function signIn(): Promise<void> {
      let page = await browser.open('/login');
      while (page.url.origin !== browser.origin)
        page = await browser.submit({ login: 'alice', password: 'any' });
      expect(page.body).toEqual({ id: 'alice' });
    }

    test('a sign-in drops the data of the visitor, and lists the session under its user', async () => {
      await browser.post('/cart');
      const early = browser.copy();
      await signIn();
      expect((await browser.get('/fields')).body).toEqual({ passport: 'alice' });
      expect((await early.get('/cart')).body).toEqual({ cart: null });
      expect(await app.sessions.list('alice')).toHaveLength(1);
      expect((await browser.get('/whole')).body).toEqual({ user: { id: 'alice', name: 'the user alice' } });
    });

    test('a sign-out ends the session, and the browser keeps no data of the user', async () => {
      await signIn();
      await browser.post('/cart');
      const stolen = browser.copy();
      await browser.send('/logout', { method: 'POST' });

      expect(await app.sessions.count('alice')).toBe(0);
      expect((await browser.get('/me')).status).toBe(401);
      expect((await browser.get('/fields')).body).toEqual({});
      expect((await stolen.get('/me')).status).toBe(401);
    });

    test('a user whose session was revoked is signed out of passport, too', async () => {
      await signIn();
      await app.sessions.revokeAll('alice');
      expect((await browser.get('/whole')).body).toEqual({ user: null });
    });
  });
});

import {
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Req,
  type Type,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import grantPackage from 'grant';
import { Public, SessionGuard, SessionService } from 'nestjs-redis-session';
import { allowInsecureRequests, discovery } from 'openid-client';
import { Strategy as OpenidClientStrategy } from 'openid-client/passport';
import OAuth2Strategy from 'passport-oauth2';
import OpenidConnectStrategy from 'passport-openidconnect';
import { startApp, type TestApp } from '../support/app.js';
import type { Platform } from '../support/platforms.js';
import { freePort } from '../support/redis-server.js';
import { passport } from './support/passport.js';
import { ProviderProcess } from './support/provider.js';
import { signInSuite } from './support/sign-in.suite.js';
import { type AnyRequest, fastifyOf, Site } from './support/site.js';
import { about } from './support/suite.js';

const provider = await ProviderProcess.start('openid');
afterAll(() => provider.stop());

const grant = grantPackage as unknown as (typeof grantPackage)['default'];
const CLIENT_ID = 'app';
const CLIENT_SECRET = 'a-secret-between-the-application-and-its-provider';

interface User {
  readonly id: string;
}

/** Requests the user of an access token from the provider. */
async function userOf(accessToken: string): Promise<User> {
  const response = await fetch(`${provider.url}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
  const { sub } = (await response.json()) as { sub: string };
  return { id: sub };
}

type Finish = (request: PassportRequest, sessions: SessionService) => Promise<unknown>;
type PassportRequest = AnyRequest & {
  readonly user: User;
  logIn(user: User, options: object, done: (error: unknown) => void): void;
};

/** Ways to complete a sign-in: with the session service, or with passport as with express-session. */
const FINISHES: readonly (readonly [string, Finish])[] = [
  ['SessionService.signIn()', (request, sessions) => sessions.signIn(request, request.user)],
  [
    'request.logIn()',
    (request) =>
      new Promise<void>((resolve, reject) => {
        const done = (error: unknown) => (error instanceof Error ? reject(error) : resolve());
        request.logIn(request.user, { keepSessionInfo: true }, done);
      }),
  ],
];

passport.serializeUser<string>((user, done) => done(null, (user as User).id));
passport.deserializeUser<string>((id, done) => done(null, { id }));

interface Provided {
  readonly strategy: Type;
  readonly guard?: ReturnType<typeof AuthGuard>;
}

/** Starts an application with a global SessionGuard, which signs in the user of a strategy. */
function startWith(
  platform: Platform,
  { strategy, guard = AuthGuard('provider') }: Provided,
  finish: Finish,
): Promise<TestApp> {
  @Controller()
  @Public()
  class AuthController {
    constructor(private readonly sessions: SessionService) {}

    @Get('login')
    @UseGuards(guard)
    login() {
      // The guard has redirected.
    }

    @Get('callback')
    @UseGuards(guard)
    async callback(@Req() request: PassportRequest) {
      await finish(request, this.sessions);
      return { id: request.user.id };
    }
  }

  return startApp(platform, {
    imports: [PassportModule],
    controllers: [AuthController, Site],
    providers: [strategy, { provide: APP_GUARD, useClass: SessionGuard }],
    main: (app) => app.use(passport.initialize()).use(passport.session()),
  });
}

/** Defines the suite of a strategy for each way to complete a sign-in. */
function strategySuite(platform: Platform, provide: () => Provided | Promise<Provided>): void {
  describe.each(FINISHES)('with %s', (_name, finish) => {
    signInSuite({
      start: async () => startWith(platform, await provide(), finish),
      callback: '/callback',
      refusal: 401,
    });
  });
}

about('passport-oauth2', (platform) => {
  @Injectable()
  class Strategy extends PassportStrategy(OAuth2Strategy, 'provider') {
    constructor() {
      super({
        authorizationURL: `${provider.url}/auth`,
        tokenURL: `${provider.url}/token`,
        clientID: CLIENT_ID,
        clientSecret: CLIENT_SECRET,
        callbackURL: '/callback',
        scope: 'openid',
        state: true,
        pkce: true,
      });
    }

    validate(accessToken: string) {
      return userOf(accessToken);
    }
  }

  strategySuite(platform, () => ({ strategy: Strategy }));
});

about('passport-openidconnect', (platform) => {
  @Injectable()
  class Strategy extends PassportStrategy(OpenidConnectStrategy, 'provider') {
    constructor() {
      super({
        issuer: provider.url,
        authorizationURL: `${provider.url}/auth`,
        tokenURL: `${provider.url}/token`,
        userInfoURL: `${provider.url}/me`,
        clientID: CLIENT_ID,
        clientSecret: CLIENT_SECRET,
        callbackURL: '/callback',
        maxAge: '3600', // which makes its state hold a Date
      });
    }

    validate(_issuer: string, { id }: OpenidConnectStrategy.Profile): User {
      return { id };
    }
  }

  strategySuite(platform, () => ({ strategy: Strategy }));
});

about('openid-client', (platform) => {
  async function provide(): Promise<Provided> {
    const config = await discovery(new URL(provider.url), CLIENT_ID, CLIENT_SECRET, undefined, {
      execute: [allowInsecureRequests],
    });

    @Injectable()
    class Strategy extends PassportStrategy(OpenidClientStrategy, 'provider') {
      constructor() {
        super({ config, scope: 'openid' });
      }

      validate(tokens: { claims(): { sub: string } }): User {
        return { id: tokens.claims().sub };
      }
    }

    // The strategy requires an absolute callback URL, which depends on the port here.
    class CallbackGuard extends AuthGuard('provider') {
      override getAuthenticateOptions(context: ExecutionContext) {
        const { headers } = context.switchToHttp().getRequest<AnyRequest>();
        return { callbackURL: `http://${headers.host}/callback` } as object;
      }
    }

    return { strategy: Strategy, guard: CallbackGuard };
  }

  strategySuite(platform, provide);
});

about('grant', (platform) => {
  const CALLBACK = '/connect/openid/callback';
  const settings = {
    defaults: { transport: 'session', state: true, nonce: true },
    openid: {
      key: CLIENT_ID,
      secret: CLIENT_SECRET,
      oauth: 2,
      authorize_url: `${provider.url}/auth`,
      access_url: `${provider.url}/token`,
      scope: ['openid'],
      pkce: true,
      callback: '/granted',
      response: ['tokens'],
    },
  };

  @Controller()
  class GrantController {
    constructor(private readonly sessions: SessionService) {}

    @Get('granted')
    async granted(@Req() request: AnyRequest & { readonly session: { grant?: Granted } }) {
      const { response } = request.session.grant ?? {};
      delete request.session.grant;
      if (!response?.access_token) throw new UnauthorizedException();
      const user = await userOf(response.access_token);
      await this.sessions.signIn(request, user);
      return user;
    }
  }

  async function start() {
    const port = await freePort();
    const all = { ...settings, defaults: { ...settings.defaults, origin: `http://127.0.0.1:${port}` } };
    return startApp(platform, {
      port,
      controllers: [GrantController, Site],
      main: (app) =>
        platform.name === 'Express'
          ? app.use(grant.express(all))
          : fastifyOf(app).register(grant.fastify(all) as never),
    });
  }

  // Without the state in the session, the strategy redirects to '/', which this application lacks.
  signInSuite({ start, login: '/connect/openid', callback: CALLBACK, refusal: 404 });
});

interface Granted {
  readonly response?: { readonly access_token?: string };
}

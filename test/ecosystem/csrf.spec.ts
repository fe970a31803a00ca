import { Controller, Get, HttpCode, type INestApplication, Post, Req, Res } from '@nestjs/common';
import fastifyCookie from '@fastify/cookie';
import fastifyCsrf from '@fastify/csrf-protection';
import cookieParser from 'cookie-parser';
import { doubleCsrf } from 'csrf-csrf';
import { csrfSync } from 'csrf-sync';
import csurf from 'csurf';
import type { FastifyReply } from 'fastify';
import lusca from 'lusca';
import { Session } from 'nestjs-redis-session';
import 'nestjs-redis-session/express';
import { startApp, type TestApp } from '../support/app.js';
import type { AnySession } from '../support/stage.js';
import { Browser } from './support/browser.js';
import {
  type AnyRequest,
  fastifyOf,
  type NodeRequest,
  type NodeResponse,
  nodeRequestOf,
  Site,
} from './support/site.js';
import { about } from './support/suite.js';

interface Token {
  readonly token: string;
}

interface Setup {
  /** Field of the session that holds the secret; `null` if the secret is elsewhere. */
  readonly field: string | null;
  readonly start: () => Promise<TestApp>;
  /** Status of the response to a request without the correct token. */
  readonly refusal?: number;
  /** True if the token belongs to one session id, so a sign-in requires a new token. */
  readonly isOfOneId?: boolean;
  /** True if the token is in a separate cookie, independent of the session. */
  readonly isApart?: boolean;
}

function csrfSuite({ field, start, refusal = 403, isOfOneId = false, isApart = false }: Setup): void {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => void (app = await start()));
  beforeEach(async () => {
    browser = new Browser(app);
    await browser.get('/begin');
  });

  const fetchToken = async (from = browser) => ((await from.get('/token')).body as Token).token;
  const transfer = async (token?: string, from = browser) => {
    const headers: Record<string, string> = token === undefined ? {} : { 'x-csrf-token': token };
    return (await from.post('/transfer', {}, { headers })).status;
  };

  test('requests with the token of their session are accepted repeatedly', async () => {
    const token = await fetchToken();
    expect(await transfer(token)).toBe(200);
    expect(await transfer(token)).toBe(200);
  });

  test('a request without a token, with a forged one or with that of another session is rejected', async () => {
    const other = new Browser(app);
    await other.get('/begin');
    const foreign = await fetchToken(other);
    await fetchToken();

    expect(await transfer()).toBe(refusal);
    expect(await transfer('invented')).toBe(refusal);
    expect(await transfer(foreign)).toBe(refusal);
  });

  test('a visitor without a session is rejected', async () => {
    expect(await transfer(await fetchToken(), new Browser(app))).toBe(refusal);
  });

  test(`a sign-in ${isOfOneId ? 'invalidates the token' : 'leaves the token valid'}`, async () => {
    const before = await fetchToken();
    await browser.post('/sign-in', {}, { headers: { 'x-csrf-token': before } });

    expect((await browser.get('/me')).body).toEqual({ id: 'alice' });
    expect(await transfer(before)).toBe(isOfOneId ? refusal : 200);
    expect(await transfer(await fetchToken())).toBe(200);
  });

  if (field !== null) {
    test('a sign-in that removes the secret invalidates the token', async () => {
      const before = await fetchToken();
      expect((await browser.get('/fields')).body).toHaveProperty(field);
      await browser.post('/sign-in', { without: field }, { headers: { 'x-csrf-token': before } });

      expect(await transfer(before)).toBe(refusal);
      expect(await transfer(await fetchToken())).toBe(200);
    });
  }

  test(`the end of the session ${isApart ? 'leaves the token valid' : 'invalidates the token'}`, async () => {
    const token = await fetchToken();
    await browser.post('/sign-in', {}, { headers: { 'x-csrf-token': token } });
    const fresh = await fetchToken();
    await app.sessions.revokeAll('alice');
    expect(await transfer(fresh)).toBe(isApart ? 200 : refusal);
  });

  test('the session cookie is set once', async () => {
    const token = await fetchToken();
    const later = await browser.post('/transfer', {}, { headers: { 'x-csrf-token': token } });
    expect(later.sessionCookie).toBeNull();
  });
}

/** Returns a controller with the pages, which gets tokens from a function. */
function pagesWith(tokenOf: (request: AnyRequest, reply: never) => unknown) {
  @Controller()
  class Pages {
    @Get('begin')
    begin(@Session() session: AnySession) {
      session['visited'] = true;
      return {};
    }

    @Get('token')
    token(@Req() request: AnyRequest, @Res({ passthrough: true }) reply: never) {
      return { token: tokenOf(request, reply) };
    }

    @Post('transfer')
    @HttpCode(200)
    transfer() {
      return {};
    }
  }
  return [Pages, Site];
}

const byMethod = (request: AnyRequest) => (nodeRequestOf(request)['csrfToken'] as () => string)();

about('csurf', (platform) => {
  csrfSuite({
    field: 'csrfSecret',
    start: () => startApp(platform, { controllers: pagesWith(byMethod), main: (app) => app.use(csurf()) }),
  });
});

about('csrf-sync', (platform) => {
  const { csrfSynchronisedProtection } = csrfSync();
  csrfSuite({
    field: 'csrfToken',
    start: () =>
      startApp(platform, {
        controllers: pagesWith(byMethod),
        main: (app) => app.use(csrfSynchronisedProtection),
      }),
  });
});

about('csrf-csrf', (platform) => {
  const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({
    getSecret: () => 'a secret of the application',
    getSessionIdentifier: (request) => request.session.id,
    cookieName: 'csrf',
    cookieOptions: { secure: false },
  });
  const main = {
    Express: (app: INestApplication) => app.use(cookieParser(), doubleCsrfProtection),
    Fastify: async (app: INestApplication) => {
      await fastifyOf(app).register(fastifyCookie);
      fastifyOf(app).addHook('preHandler', doubleCsrfProtection as never);
    },
  }[platform.name];
  csrfSuite({
    field: null,
    isOfOneId: true,
    start: () =>
      startApp(platform, {
        controllers: pagesWith((request, reply) =>
          generateCsrfToken(request as never, reply, { overwrite: true }),
        ),
        main,
      }),
  });
});

about('lusca', (platform) => {
  const withLocals = (_request: NodeRequest, response: NodeResponse, next: () => void) => {
    response['locals'] ??= {};
    next();
  };
  csrfSuite({
    field: '_csrfSecret',
    refusal: 500,
    start: () =>
      startApp(platform, {
        controllers: pagesWith(byMethod),
        main: (app) => app.use(withLocals).use(lusca.csrf()),
      }),
  });
});

about('@fastify/csrf-protection', (platform) => {
  const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
  describe.each(['@fastify/session', '@fastify/secure-session', '@fastify/cookie'] as const)(
    'with sessionPlugin: %s',
    (sessionPlugin) => {
      csrfSuite({
        field: sessionPlugin === '@fastify/cookie' ? null : '_csrf',
        isApart: sessionPlugin === '@fastify/cookie',
        start: () =>
          startApp(platform, {
            controllers: pagesWith((_request, reply) => (reply as FastifyReply).generateCsrf()),
            main: async (app) => {
              const fastify = fastifyOf(app);
              if (sessionPlugin === '@fastify/cookie') await fastify.register(fastifyCookie);
              await fastify.register(fastifyCsrf, { sessionPlugin } as never);
              fastify.addHook('preHandler', (request, reply, done) =>
                SAFE.has(request.method) ? done() : fastify.csrfProtection(request, reply, done),
              );
            },
          }),
      });
    },
  );
});

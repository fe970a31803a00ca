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
  /** The field of the session that holds the secret. `null`: it is elsewhere. */
  readonly field: string | null;
  readonly start: () => Promise<TestApp>;
  /** How a request without the right token is answered. */
  readonly refusal?: number;
  /** Whether the token is that of one session id, and so a new one is needed after a sign-in. */
  readonly isOfOneId?: boolean;
  /** Whether the token is in a cookie of its own, which knows nothing of the session. */
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

  test('a request with the token of its session passes, and again', async () => {
    const token = await fetchToken();
    expect(await transfer(token)).toBe(200);
    expect(await transfer(token)).toBe(200);
  });

  test('a request without a token, with an invented one or with the token of another session is refused', async () => {
    const other = new Browser(app);
    await other.get('/begin');
    const foreign = await fetchToken(other);
    await fetchToken();

    expect(await transfer()).toBe(refusal);
    expect(await transfer('invented')).toBe(refusal);
    expect(await transfer(foreign)).toBe(refusal);
  });

  test('a visitor without a session is refused', async () => {
    expect(await transfer(await fetchToken(), new Browser(app))).toBe(refusal);
  });

  test(`after a sign-in ${isOfOneId ? 'a new token is needed' : 'the token is still good'}`, async () => {
    const before = await fetchToken();
    await browser.post('/sign-in', {}, { headers: { 'x-csrf-token': before } });

    expect((await browser.get('/me')).body).toEqual({ id: 'alice' });
    expect(await transfer(before)).toBe(isOfOneId ? refusal : 200);
    expect(await transfer(await fetchToken())).toBe(200);
  });

  if (field !== null) {
    test('a sign-in that removes the secret makes a new token needed', async () => {
      const before = await fetchToken();
      expect((await browser.get('/fields')).body).toHaveProperty(field);
      await browser.post('/sign-in', { without: field }, { headers: { 'x-csrf-token': before } });

      expect(await transfer(before)).toBe(refusal);
      expect(await transfer(await fetchToken())).toBe(200);
    });
  }

  test(`a session that ended ${isApart ? 'leaves its token behind' : 'takes its token along'}`, async () => {
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

/** The pages, with what gives a token. */
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

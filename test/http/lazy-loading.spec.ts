import type { INestApplication } from '@nestjs/common';
import {
  eagerSession,
  type SessionModuleOptions,
  SessionUnavailableError,
  type SessionInfo,
} from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import type { StageRequest } from '../support/stage.js';
import { StoreHook } from '../support/store-hook.js';
import { AdminModule, ForgetfulModule, LazyController } from './lazy.app.js';

/** The members of Fastify that these tests use. */
interface FastifyLike {
  decorateRequest(name: string, property: unknown): unknown;
  get(
    path: string,
    hooks: { preValidation: typeof eagerSession },
    handler: (request: StageRequest) => unknown,
  ): unknown;
}

onEachPlatform((platform) => {
  const hook = new StoreHook();
  let app: TestApp;
  let browser: Client;
  let sessionId: string;

  const start = (
    session: SessionModuleOptions = {},
    main: (started: INestApplication) => unknown = () => undefined,
  ) =>
    startApp(platform, {
      controllers: [LazyController],
      imports: [AdminModule],
      session: { load: 'lazy', ...session },
      hook,
      main,
    });

  /** Signs the browser in, and forgets the calls of the store until then. */
  async function signIn(client = browser): Promise<void> {
    const { body } = await client.post('/sign-in');
    sessionId = (body as SessionInfo).id;
    hook.reset();
  }

  beforeAll(async () => {
    app = await start();
  });
  beforeEach(async () => {
    browser = app.client();
    await signIn();
  });
  afterEach(async () => {
    hook.reset();
    await app.sessions.revokeAll('alice');
  });

  describe('a route that never looks at the session', () => {
    test('sends no command, and its response does not depend on the cookie', async () => {
      const { body, headers, setCookies } = await browser.get('/plain');

      expect({ body, vary: headers.vary, setCookies }).toEqual({
        body: { plain: true },
        vary: undefined,
        setCookies: [],
      });
      expect(hook.calls).toEqual([]);
    });

    test('records no activity, which a route that looks records', async () => {
      await app.rest(sessionId, 10);
      await browser.get('/plain');
      expect(hook.calls).toEqual([]);

      await browser.get('/parameter');
      expect(hook.calls).toEqual(['load', 'touch']);
    });

    test('leaves the cookie of a session that has ended, which a route that looks clears', async () => {
      await app.sessions.revokeAll('alice');
      hook.reset();
      expect((await browser.get('/plain')).setCookies).toEqual([]);
      expect(hook.calls).toEqual([]);

      expect((await browser.get('/parameter')).setCookies).not.toEqual([]);
      expect(browser.cookie).toBeNull();
    });

    test('responds while the store is unavailable, without a call of the store', async () => {
      hook.fail(new SessionUnavailableError('load a session', new Error('connect ECONNREFUSED')), 'load');

      expect(await browser.get('/plain')).toMatchObject({ status: 200, body: { plain: true } });
      expect(hook.calls).toEqual([]);
    });

    test('fails with 500 if it deletes request.session, since the session would not end', async () => {
      expect((await browser.get('/delete')).status).toBe(500);
      expect(log.recent('error').join()).toContain('To end the session call request.session.destroy()');
      expect(hook.calls).toEqual([]);
    });
  });

  describe('the first use of the session', () => {
    test.each<[string, string, object]>([
      ['@Session()', '/parameter', { cart: ['kite'] }],
      ['@CurrentUser()', '/user', { id: 'alice' }],
      ['SessionGuard', '/guarded', { in: true }],
      ['@RecentSignIn()', '/recent', { in: true }],
      ['@FreshSession()', '/fresh', { cart: ['kite'] }],
      ['a guard of the application', '/own-guard', { cart: ['kite'] }],
      ['SessionService.load()', '/awaited', { cart: ['kite'], userId: 'alice', isSame: true }],
    ])('%s loads it with one call of the store', async (_what, path, body) => {
      const answer = await browser.get(path);

      expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body });
      expect(hook.calls).toEqual(['load']);
      expect(answer.headers.vary).toBe('Cookie');
    });

    test.each(['/together', '/at-once'])('%s: several uses load it once', async (path) => {
      const gate = hook.gate('load');
      const answer = browser.get(path);
      await gate.arrived;
      gate.open();

      expect((await answer).status).toBe(200);
      expect(hook.calls).toEqual(['load']);
    });

    test.each(['/guarded', '/recent'])(
      '%s rejects a client without a session, without a call of the store',
      async (path) => {
        expect(await app.client().get(path)).toMatchObject({ status: 401, body: { reason: 'anonymous' } });
        expect(hook.calls).toEqual([]);
      },
    );

    test('a guard names the reason of the end of a session', async () => {
      await app.sessions.revokeAll('alice');

      expect(await browser.get('/guarded')).toMatchObject({ status: 401, body: { reason: 'revoked' } });
    });

    test('a session that nothing has read is signed out', async () => {
      expect((await browser.post('/sign-out')).status).toBe(200);
      expect(browser.cookie).toBeNull();
      expect(await app.sessions.count('alice')).toBe(0);
    });

    test('a session that nothing has read gets a new token', async () => {
      const { cookie } = browser;
      await browser.post('/regenerate');

      expect(browser.cookie).not.toBe(cookie);
      expect((await browser.get('/parameter')).body).toEqual({ cart: ['kite'] });
    });

    test('a request signs its user out everywhere else', async () => {
      const other = app.client();
      await other.post('/sign-in');

      expect((await browser.post('/revoke-others')).body).toEqual({ ended: 1 });
      expect((await other.get('/guarded')).status).toBe(401);
      expect((await browser.get('/guarded')).status).toBe(200);
    });

    test('a revocation in the name of a request does not load its session', async () => {
      expect((await browser.post('/revoke-all')).body).toEqual({ ended: 1 });
      expect(hook.calls).not.toContain('load');
    });

    test('a session is read and written after the head of the response was sent', async () => {
      expect((await browser.get('/late')).text).toBe('head new SessionUsageError');
      expect((await browser.get('/parameter')).body).toEqual({ cart: ['late'] });
    });
  });

  describe('a synchronous look at a session that is not loaded', () => {
    const paths = ['session', 'session-of-node', 'id', 'describe', 'ignore-activity'];

    test.each(paths)('sync/%s is answered with 500, and the log says what to do', async (path) => {
      for (const client of [browser, app.client()]) {
        log.turnPage();
        expect((await client.get(`/sync/${path}`)).status).toBe(500);
        expect(log.recent('error').join()).toMatch(
          /@Session\(\).*await sessions\.load\(request\).*eagerSession/,
        );
      }
      expect(hook.calls).toEqual([]);
    });
  });

  describe('routes with eagerSession', () => {
    test('passport.session() finds the user in the session, and other routes stay lazy', async () => {
      expect(await browser.post('/admin/log-in')).toMatchObject({
        status: 200,
        body: { user: { id: 'root' } },
      });
      hook.reset();

      expect((await browser.get('/admin/user')).body).toEqual({
        user: { id: 'root' },
        isAuthenticated: true,
      });
      expect(hook.calls).toEqual(['load']);
      await browser.get('/plain');
      expect(hook.calls).toEqual(['load']);
    });

    test('passport.session() without eagerSession fails, and the log says what to do', async () => {
      const forgetful = await startApp(platform, {
        imports: [ForgetfulModule],
        session: { load: 'lazy' },
        hook,
      });
      log.turnPage();

      expect((await forgetful.client().get('/admin/user')).status).toBe(500);
      expect(log.recent('error').join()).toContain('mount eagerSession for the same routes');
    });

    test('middleware of main.ts reads the session behind eagerSession', async () => {
      const seen: unknown[] = [];
      const read = (request: StageRequest, _response: unknown, next: () => void) => {
        seen.push(request.session['cart']);
        next();
      };
      const other = await start({}, (started) => {
        started.use('/plain', eagerSession);
        started.use('/plain', read);
      });
      const client = other.client();
      await signIn(client);
      await client.get('/plain');

      expect(seen).toEqual([['kite']]);
    });

    test('a session that cannot be loaded fails in the middleware that reads it, with 503', async () => {
      await browser.post('/admin/log-in');
      hook.fail(new SessionUnavailableError('load a session', new Error('connect ECONNREFUSED')), 'load');

      expect((await browser.get('/admin/user')).status).toBe(503);
    });
  });

  if (platform.name === 'Fastify') {
    const fastifyOf = (started: INestApplication) => started.getHttpAdapter().getInstance() as FastifyLike;

    describe('@fastify/passport, which reads the session of every request', () => {
      /** Does what the plugin does to requests. */
      const register = (fastify: FastifyLike) => {
        fastify.decorateRequest('passport', { getter: () => ({}) });
        fastify.decorateRequest('logIn', () => undefined);
      };

      test('stops the start if it is registered for the whole application', async () => {
        await expect(start({}, (started) => register(fastifyOf(started)))).rejects.toThrow(
          /^load: expected 'eager' beside @fastify\/passport.*received 'lazy'\. Leave it out/,
        );
      });

      test('starts with eager loading, and beside an unrelated property of that name', async () => {
        await start({ load: 'eager' }, (started) => register(fastifyOf(started)));
        await start({}, (started) => fastifyOf(started).decorateRequest('passport', ''));
      });
    });

    test('a route of Fastify reads the session behind the hook eagerSession', async () => {
      const other = await start({}, (started) =>
        fastifyOf(started).get('/in-fastify', { preValidation: eagerSession }, ({ session }) => ({
          cart: session['cart'],
        })),
      );
      const client = other.client();
      await signIn(client);

      expect((await client.get('/in-fastify')).body).toEqual({ cart: ['kite'] });
      expect(hook.calls).toEqual(['load']);
    });
  }

  describe('while the store is unavailable', () => {
    beforeEach(() =>
      hook.fail(new SessionUnavailableError('load a session', new Error('connect ECONNREFUSED')), 'load'),
    );

    const short = ({ status, headers, setCookies }: Answer) => ({
      status,
      retryAfter: headers['retry-after'],
      setCookies,
    });
    const UNAVAILABLE = { status: 503, retryAfter: '1', setCookies: [] };

    test.each([
      ...['/parameter', '/user', '/guarded', '/recent', '/fresh', '/own-guard', '/awaited', '/at-once'],
      ...['/strict', '/guarded-anyway'],
    ])('%s is answered with 503, and the cookie stays', async (path) => {
      expect(short(await browser.get(path))).toEqual(UNAVAILABLE);
    });

    test.each(['/sign-in', '/sign-out', '/regenerate', '/revoke-others', '/write'])(
      'the operation %s fails with 503',
      async (path) => {
        expect(short(await browser.post(path))).toEqual(UNAVAILABLE);
      },
    );

    test("a route with @OnOutage('anonymous') treats the client as anonymous", async () => {
      expect(await browser.get('/home')).toMatchObject({
        status: 200,
        body: { cart: null, user: null },
        setCookies: [],
      });
      hook.reset();
      expect((await browser.get('/home')).body).toEqual({ cart: ['kite'], user: { id: 'alice' } });
    });

    test("outage.policy: 'anonymous' applies to all other routes", async () => {
      const lenient = await start({ outage: { policy: 'anonymous' } });
      const client = lenient.client();
      hook.reset();
      await signIn(client);
      hook.fail(new SessionUnavailableError('load a session', new Error('connect ECONNREFUSED')), 'load');

      expect((await client.get('/parameter')).body).toEqual({ cart: null });
      expect(short(await client.get('/strict'))).toEqual(UNAVAILABLE);
      expect(short(await client.get('/guarded'))).toEqual(UNAVAILABLE);
    });
  });
});

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { SessionUnavailableError } from 'nestjs-redis-session';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { RawExchange } from '../support/raw-exchange.js';
import { setScene } from '../support/scene.js';
import type { RawAct, StageRequest } from '../support/stage.js';
import { AnswersController, LARGE } from './answers.controller.js';

const OUTAGE = new SessionUnavailableError('save a session', new Error('connect ECONNREFUSED 10.1.2.3:6379'));

onEachPlatform((platform) => {
  const scene = setScene(platform, {
    controllers: [AnswersController],
    main: (nest) => nest.use(faultyMiddleware),
  });
  const { act, actRaw, begin, fields, hook } = scene;

  describe('when the session cannot be stored', () => {
    const UNAVAILABLE = {
      statusCode: 503,
      message: 'Sessions are unavailable at the moment. Try again.',
      code: 'SESSION_UNAVAILABLE',
      error: 'Service Unavailable',
    };

    test.each([
      ['a returned value', '/answers/value'],
      ['204', '/answers/nothing'],
      ['res.json and reply.send', '/answers/json'],
      ['a redirect', '/answers/redirect'],
      ['a manual redirect', '/answers/redirect-by-hand'],
      ['a StreamableFile', '/answers/file'],
      ['a stream', '/answers/stream'],
      ['server-sent events', '/answers/events'],
      ['an exception', '/answers/exception'],
      ['res.end', '/answers/end'],
    ])('the client receives a clean 503 instead of %s', async (_what, path) => {
      hook.fail(OUTAGE, 'create');
      const answer = await (await RawExchange.send(scene.app.port, `GET ${path}?write`)).answer();

      expect(answer.status).toBe(503);
      expect(answer.body).toEqual(UNAVAILABLE);
      expect(answer.setCookies).toEqual([]);
      expect(answer.headers).toMatchObject({
        'retry-after': '1',
        'cache-control': 'no-store',
        'content-type': 'application/json; charset=utf-8',
        'content-length': String(answer.text.length),
      });
      expect(Object.keys(answer.headers)).not.toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^(location|etag|transfer-encoding|content-encoding)$/),
        ]),
      );
      expect(log.recent('error').join()).toContain('ECONNREFUSED');
    });

    test('the 503 has none of the headers that describe the discarded body', async () => {
      hook.fail(OUTAGE, 'create');
      const exchange = await actRaw((response, { session }) => {
        session['a'] = 1;
        response.statusMessage = 'All is well';
        response.setHeader('ETag', '"1"');
        response.writeHead(200, { 'X-Request': '7', 'Content-Length': 5, 'Content-Encoding': 'br' });
        response.end('hello');
      });
      const text = await exchange.end();

      expect(text).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
      expect(text).toMatch(/^x-request: 7\r$/im);
      expect(text).not.toMatch(/etag|hello|content-encoding|content-length: 5\r/i);
    });

    test('a HEAD request gets the 503 without a body', async () => {
      hook.fail(OUTAGE, 'create');
      const answer = await (await RawExchange.send(scene.app.port, 'HEAD /answers/value?write')).answer();

      expect(answer).toMatchObject({ status: 503, text: '' });
    });

    test('a pipeline() into the response ends, so its source is destroyed', async () => {
      hook.fail(OUTAGE, 'create');
      const source = Readable.from([LARGE, LARGE]);
      let outcome: Promise<string> | undefined;
      const exchange = await actRaw((response, { session }) => {
        session['a'] = 1;
        outcome = pipeline(source, response).then(
          () => 'done',
          () => 'failed',
        );
      });
      await exchange.end();

      expect(await Promise.race([outcome, delay(500, 'it hangs', { ref: false })])).not.toBe('it hangs');
      expect(source.destroyed).toBe(true);
    });

    test('the 503 sets the cookie of a new token, since the old one is invalid', async () => {
      await begin();
      const before = scene.browser.cookie;
      hook.fail(OUTAGE, 'commit');
      const { status } = await act(async (session, request) => {
        await scene.app.sessions.signIn(request, { id: 'alice' });
        session['b'] = 2;
      });

      expect(status).toBe(503);
      expect(scene.browser.cookie).not.toBe(before);
      hook.reset();
      expect((await act((_session, request) => scene.app.sessions.describe(request))).body).toMatchObject({
        userId: 'alice',
      });
    });

    test('other requests are answered as usual', async () => {
      hook.fail(OUTAGE, 'create');
      const [failed, fine] = await Promise.all([
        RawExchange.send(scene.app.port, 'GET /answers/value?write').then((exchange) => exchange.answer()),
        RawExchange.send(scene.app.port, 'GET /answers/value').then((exchange) => exchange.answer()),
      ]);

      expect([failed.status, fine.status]).toEqual([503, 200]);
    });

    test('an unknown error is answered with 500, without details', async () => {
      hook.fail(new TypeError('a fault in the store at 10.1.2.3'), 'create');
      const answer = await (await RawExchange.send(scene.app.port, 'GET /answers/value?write')).answer();

      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain('10.1.2.3');
      expect(log.recent('error').join()).toContain('a fault in the store');
    });

    test('a read-only request succeeds even if its activity cannot be recorded', async () => {
      await scene.app.rest(await begin(), 10);
      hook.fail(OUTAGE, 'touch', 'commit');

      expect(await act((session) => ({ ...session }))).toMatchObject({ status: 200, body: { a: 1 } });
      expect(await scene.app.eventsOf('store-failed')).toMatchObject([{ operation: 'touch' }]);
    });
  });

  describe('a head that Node rejects', () => {
    test.each<[string, RawAct]>([
      [
        'a header with a line break',
        (response) => response.writeHead(200, { 'X-A': 'a\r\nSet-Cookie: b=c' }).end(),
      ],
      ['a header beyond latin1', (response) => response.writeHead(302, { Location: '/käse/世' }).end()],
      ['an invalid status', (response) => response.writeHead(99).end()],
    ])(
      'headers that Node rejects are answered with 500, and the process survives: %s',
      async (_what, respond) => {
        const exchange = await actRaw((response, request) => {
          request.session['a'] = 1;
          return respond(response, request);
        });

        expect((await exchange.answer()).status).toBe(500);
        expect(log.recent('error')).not.toEqual([]);
        expect((await scene.browser.get('/answers/value')).status).toBe(200);
      },
    );
  });

  describe('middleware of main.ts that throws', () => {
    test.each(['/stage/act?throw', '/stage/act?throw-later'])(
      'middleware that throws is answered with 500, and the process survives: %s',
      async (path) => {
        await begin();

        expect((await scene.browser.post(path)).status).toBe(500);
        expect(log.recent('error').join()).toContain('an error of middleware');
        expect(await fields()).toEqual({ a: 1 });
      },
    );

    test('middleware that throws because the store does not respond is answered with 503', async () => {
      await begin();
      hook.fail(OUTAGE, 'load');

      const answer = await scene.browser.post('/stage/act?session');

      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('1');
      expect(answer.body).toMatchObject({ statusCode: 503, error: 'Service Unavailable' });
    });
  });
});

function faultyMiddleware(
  request: StageRequest & { url: string },
  _response: unknown,
  next: (error?: unknown) => void,
) {
  if (request.url.endsWith('?throw')) throw new Error('an error of middleware');
  if (request.url.endsWith('?throw-later'))
    return void setImmediate(() => next(new Error('an error of middleware')));
  if (request.url.endsWith('?session')) void request.session['a'];
  next();
}

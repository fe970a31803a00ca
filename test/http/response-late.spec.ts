import { setTimeout as delay } from 'node:timers/promises';
import { SessionUnavailableError } from 'nestjs-redis-session';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import type { AnySession, RawAct, StageRequest } from '../support/stage.js';

const OUTAGE = new SessionUnavailableError('save a session', new Error('connect ECONNREFUSED 10.1.2.3:6379'));

onEachPlatform((platform) => {
  const scene = setScene(platform);
  const { act, actRaw, begin, fields, hook } = scene;

  describe('after the head has left', () => {
    test.each<[string, RawAct]>([
      [
        'an event stream',
        lateWrite((response) => response.writeHead(200, { 'Content-Type': 'text/event-stream' })),
      ],
      ['flushHeaders', lateWrite((response) => response.flushHeaders())],
      ['a first chunk', lateWrite((response) => response.write('chunk'))],
    ])('a write to an existing session is stored before the end: %s', async (_what, respond) => {
      await begin();
      const exchange = await actRaw(respond);
      await exchange.end();

      expect(await fields()).toEqual({ a: 1, late: true });
      expect(log.troubles).toEqual([]);
    });

    test('a write while the head still waits is stored, too', async () => {
      await begin();
      const gate = hook.gate('commit');
      const exchange = await actRaw(async (response, { session }) => {
        session['early'] = true;
        response.write('first');
        await gate.arrived;
        session['late'] = true;
        response.end('last');
        gate.open();
      });

      expect((await exchange.answer()).text).toBe('firstlast');
      expect(await fields()).toEqual({ a: 1, early: true, late: true });
    });

    test('the end of the response waits for a late write', async () => {
      await begin();
      const looks: boolean[] = [];
      const gate = hook.gate('commit');
      const exchange = await actRaw((response, { session }) => {
        response.write('first');
        session['late'] = true;
        response.end('last');
        looks.push(response.writableEnded);
        response.end('twice');
      });
      await gate.arrived;
      await exchange.until('first');

      expect(exchange.text).not.toContain('last');
      gate.open();
      expect((await exchange.answer()).text).toBe('firstlast');
      expect(looks).toEqual([true]);
    });

    test('a session that would begin after the head is rejected with a clear log line, and leaves no key', async () => {
      const before = await scene.app.keys();
      const exchange = await actRaw((response, { session }) => {
        response.write('first');
        session['late'] = true;
        response.end();
      });

      expect((await exchange.answer()).text).toBe('first');
      expect(log.recent('error')).toEqual([
        expect.stringMatching(
          /^A session cannot be created after the head of the response was sent.*Do it before/,
        ),
      ]);
      expect(await scene.app.keys()).toEqual(before);
    });

    test.each<[string, (request: StageRequest, session: AnySession) => Promise<unknown>]>([
      ['signing in', (request) => scene.app.sessions.signIn(request, { id: 'late' })],
      ['regenerate()', (_request, session) => session.regenerate()],
    ])('%s rejects with a clear error and leaves the session unchanged', async (_what, attempt) => {
      const id = await begin();
      const before = await scene.app.keys();
      let message: unknown;
      const exchange = await actRaw(async (response, request) => {
        response.write('first');
        message = await attempt(request as never, request.session).catch((error: Error) => error.message);
        response.end();
      });
      await exchange.end();

      expect(message).toContain('after the head of the response was sent');
      expect(await scene.app.keys()).toEqual(before);
      expect((await act((session) => ({ id: session.id }))).body).toEqual({ id });
    });

    test('a sign-in while the head waits leaves no session without a client', async () => {
      await begin();
      const gate = hook.gate('commit');
      let outcome: Promise<unknown> | undefined;
      const exchange = await actRaw(async (response, request) => {
        request.session['a'] = 2;
        response.end('answered');
        await gate.arrived;
        outcome = scene.app.sessions
          .signIn(request as never, { id: 'racer' })
          .catch((error: Error) => error.message);
        gate.open();
      });
      const { sessionCookie } = await exchange.answer();
      const settled = await outcome;

      expect(settled).toContain('after the head of the response was sent');
      expect(sessionCookie).toBeNull();
      expect(await scene.app.sessions.count('racer')).toBe(0);
      expect(await fields()).toEqual({ a: 2 });
    });

    test('destroy() ends the session even after the head has left', async () => {
      await begin();
      const exchange = await actRaw(async (response, { session }) => {
        response.write('first');
        await session.destroy();
        response.end();
      });
      await exchange.end();

      expect(await fields()).toEqual({});
    });

    test('a late value that cannot be stored is logged, and the old data stay', async () => {
      await begin();
      const exchange = await actRaw((response, { session }) => {
        response.write('first');
        session['a'] = 1n;
        response.end();
      });
      await exchange.end();

      expect(log.recent('error').join()).toContain('session.a cannot be stored');
      expect(await fields()).toEqual({ a: 1 });
    });

    test('a call of end() that Node rejects aborts the response, and the process survives', async () => {
      await begin();
      const exchange = await actRaw((response, { session }) => {
        response.write('first');
        session['late'] = true;
        response.end(7 as never);
      });
      const text = await exchange.end();

      expect(text).not.toMatch(/\r\n0\r\n/);
      expect(log.recent('error').join()).toContain('must be of type string');
      expect(await fields()).toEqual({ a: 1, late: true });
    });

    test('a late failure of the store is logged, and the response ends', async () => {
      await begin();
      hook.fail(OUTAGE, 'commit');
      const exchange = await actRaw((response, { session }) => {
        response.write('first');
        session['late'] = true;
        response.end('last');
      });

      expect((await exchange.answer()).text).toBe('firstlast');
      expect(log.recent('error').join()).toContain('ECONNREFUSED');
    });
  });
});

function lateWrite(sendHead: (response: Parameters<RawAct>[0]) => unknown): RawAct {
  return async (response, { session }) => {
    sendHead(response);
    await delay(5);
    session['late'] = true;
    response.end('end');
  };
}

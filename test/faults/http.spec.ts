import { setTimeout as delay } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { Redirect, Controller, Get, Head, NotFoundException } from '@nestjs/common';
import { Session, SessionEvents, SessionModule } from 'nestjs-redis-session';
import { wrongOptions } from '../support/wrong-options.js';
import { REDIS_URL, startApp } from '../support/app.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { RawExchange } from '../support/raw-exchange.js';
import { setScene } from '../support/scene.js';
import type { AnySession } from '../support/stage.js';
import { Gate } from 'nestjs-redis-session/testing';
import { recordFault } from './support/record.js';
import { ShopController } from './support/routes.js';

@Controller('write')
class WritingController {
  @Get('redirect')
  @Redirect('/elsewhere', 303)
  redirect(@Session() session: AnySession) {
    session['wrote'] = 'redirect';
  }

  @Get('error')
  fail(@Session() session: AnySession) {
    session['wrote'] = 'error';
    throw new NotFoundException();
  }

  @Head('head')
  head(@Session() session: AnySession) {
    session['wrote'] = 'head';
  }
}

onEachPlatform((platform) => {
  const scene = setScene(platform, { controllers: [ShopController, WritingController] });
  const { act, actRaw, begin, fields, hook, stage } = scene;
  const tokenOf = (cookie: string | null) => cookie?.slice('__Host-sid='.length) ?? '';
  const read = async (...cookies: string[]) => {
    stage.on('read', (session) => ({ ...session }));
    const lines = cookies.map((cookie) => `Cookie: ${cookie}`);
    return (await RawExchange.send(scene.app.port, 'GET /stage/read', ...lines)).answer();
  };

  test('several cookies with one session are valid; with two sessions none is, and an event reports the conflict [F36]', async () => {
    await begin();
    const { cookie: mine } = scene.browser;
    const other = scene.app.client();
    await act((session) => void (session['a'] = 2), other);
    expect((await read(`${mine}; ${mine}`, 'x=1')).body).toEqual({ a: 1 });
    const { body, setCookies } = await read(`${mine}`, `${other.cookie}`);

    expect({ body, setCookies }).toEqual({ body: {}, setCookies: [] });
    expect(await scene.app.eventsOf('ambiguous-cookie')).toHaveLength(1);
    recordFault('F36', { client: 'for two live sessions: as without a cookie, and both cookies stay' });
  });

  test('a huge or malformed Cookie header sends no command to Redis and causes no error [F37]', async () => {
    await begin();
    hook.calls.length = 0;
    const pairs = Array.from({ length: 1_000 }, (_, index) => `c${index}=${index}`).join('; ');
    for (const cookie of [
      pairs,
      '\xa0__Host-sid=x',
      '%',
      '=;=;=',
      '__Host-sid="',
      `__Host-sid=${'a'.repeat(9_000)}`,
    ]) {
      expect((await read(cookie)).status).toBe(200);
    }
    expect((await read('a'.repeat(20_000))).status).toBe(431);
    expect((await read('a=\0')).status).toBe(400);
    expect(hook.calls).toEqual([]);
    recordFault('F37', {
      client: 'as without a cookie; Node rejects headers above 16 KiB (431) and invalid ones (400)',
    });
  });

  test('a token with any character changed, removed or added is invalid [F38]', async () => {
    await begin();
    const token = tokenOf(scene.browser.cookie);
    const forged = [...token].map(
      (char, at) => `${token.slice(0, at)}${char === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`,
    );
    for (const value of forged) expect((await read(`__Host-sid=${value}`)).body).toEqual({});
    hook.calls.length = 0;
    for (const value of [token.slice(1), token.slice(0, -1), `${token}A`, `${token}=`, ''])
      expect((await read(`__Host-sid=${value}`)).body).toEqual({});

    expect(hook.calls).toEqual([]);
    expect((await read(`__Host-sid=${token}`)).body).toEqual({ a: 1 });
    recordFault('F38', { client: 'as without a cookie, and the cookie is cleared' });
  });

  test('a cookie attribute with a character that would terminate it stops the start [F40]', () => {
    for (const bad of ['a;b', 'a\r\nSet-Cookie: x=1', 'a\0', 'caf\xe9']) {
      expect(wrongOptions({ cookie: { name: bad } })).toEqual(['cookie.name']);
      expect(wrongOptions({ cookie: { path: `/${bad}` } })).toEqual(['cookie.path']);
      expect(wrongOptions({ cookie: { name: 'sid', domain: bad } })).toEqual(['cookie.domain']);
    }
    recordFault('F40', { client: 'nothing: the application does not start' });
  });

  test('after a client disconnects, the changes of its request are still stored, and no resource leaks [F41]', async () => {
    await begin();
    const gate = new Gate();
    let ended: () => void = () => undefined;
    const handled = new Promise<void>((resolve) => (ended = resolve));
    stage.on('left', async (session) => {
      await gate.pass();
      session['b'] = 2;
      ended();
    });
    const exchange = await RawExchange.send(
      scene.app.port,
      'GET /stage/left',
      `Cookie: ${scene.browser.cookie}`,
    );
    await gate.arrived;
    exchange.socket.destroy();
    await delay(20);
    gate.open();
    await handled;
    await delay(20);

    expect(await fields()).toEqual({ a: 1, b: 2 });
    expect(log.recent('error', 'fatal')).toEqual([]);
    recordFault('F41', { client: 'nothing; its changes are stored' });
  });

  test('a write after the headers were sent is stored without a cookie, or rejected if it needs one; before, the cookie is set [F42]', async () => {
    await begin();
    const streamed = await actRaw(async (response, { session }) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write('data: 1\n\n');
      session['b'] = 2;
      const refusal = await session.regenerate().then(String, (error: Error) => error.name);
      response.end(`data: ${refusal}\n\n`);
    });
    const answer = await streamed.answer();
    expect(answer.text).toContain('SessionUsageError');
    expect(answer.setCookies).toEqual([]);
    expect(await fields()).toEqual({ a: 1, b: 2 });

    for (const [method, path, status] of [
      ['GET', 'redirect', 303],
      ['GET', 'error', 404],
      ['HEAD', 'head', 200],
    ] as const) {
      const browser = scene.app.client();
      const written = await browser.send(method, `/write/${path}`);
      expect({ path, status: written.status, hasCookie: written.sessionCookie !== null }).toEqual({
        path,
        status,
        hasCookie: true,
      });
      expect(await fields(browser)).toEqual({ wrote: path });
    }
    recordFault('F42', { client: 'at most one cookie; a later write is stored without a cookie' });
  });

  test('a proxy that ends TLS is trusted only if the application says so [F43]', async () => {
    const forwarded = { headers: { 'X-Forwarded-Proto': 'https' } };
    for (const trustProxy of [true, false]) {
      const app = await startApp(platform, {
        controllers: [ShopController],
        trustProxy,
        session: { cookie: { secure: 'auto' } },
      });
      const name = (cookie: string | null) => cookie?.split('=')[0];
      expect(name((await app.client().put('/cart/kite', undefined, forwarded)).sessionCookie)).toBe(
        trustProxy ? '__Host-sid' : 'sid',
      );
      expect(name((await app.client().put('/cart/kite')).sessionCookie)).toBe('sid');
      await app.stop();
    }
    recordFault('F43', {
      client: '`__Host-sid` behind a trusted proxy, otherwise as for the connection',
    });
  });

  test('anonymous clients leave no key in Redis [F44]', async () => {
    const before = await scene.app.keys();
    for (let round = 0; round < 30; round++) {
      const visits = Array.from({ length: 10 }, async (_, index) => {
        const client = scene.app.client();
        if (index % 2) client.cookie = `__Host-sid=${randomBytes(33).toString('base64url')}xx`;
        await (index % 3 ? client.get('/cart') : client.post('/sign-out'));
      });
      await Promise.all(visits);
    }
    expect(await scene.app.keys()).toEqual(before);
    recordFault('F44', { client: 'its response, without a cookie' });
  });

  test("faults of the application's hooks fail no operation [F45]", async () => {
    const events = scene.app.app.get(SessionEvents);
    const never = new Promise<never>(() => undefined);
    const failing = [
      () => {
        throw new Error('thrown');
      },
      () => Promise.reject(new Error('rejected')),
      () => never,
    ];
    const stops = failing.map((listener) => events.on('*', listener));
    const browser = scene.app.client();
    expect((await browser.post('/sign-in/carol')).status).toBe(200);
    expect((await browser.post('/sign-out')).status).toBe(200);
    expect((await browser.get('/account')).status).toBe(401);
    for (const stop of stops) stop();

    const load = () => Promise.reject(new Error('users.load'));
    const app = await startApp(platform, {
      controllers: [ShopController],
      sessionModule: SessionModule.forRoot({ redis: REDIS_URL, prefix: scene.app.prefix, users: { load } }),
    });
    const visitor = app.client();
    await visitor.post('/sign-in/dave');
    const { status, text } = await visitor.get('/account');
    expect({ status, tells: text.includes('users.load') }).toEqual({ status: 500, tells: false });
    expect((await visitor.get('/cart')).status).toBe(200);
    await app.stop();
    recordFault('F45', { client: 'its response; 500 without details if `users.load` fails' });
  });
});

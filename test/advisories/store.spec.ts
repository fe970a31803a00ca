import { jest } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { Controller, Get, Post } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Redis } from 'ioredis';
import { CurrentUser, SessionGuard, SessionModule, type SessionUser } from 'nestjs-redis-session';
import { Random } from '../history/random.js';
import { startApp, type TestApp } from '../support/app.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { type Act, Stage, staged } from '../support/stage.js';
import { until } from '../support/until.js';

const STRANGERS = 1_000;
const AT_ONCE = 20;
const CLIENTS = 20;
const ROUNDS = 10;
const DEADLINE_MS = 400;

@Controller()
class AccountController {
  @Get('account')
  account(@CurrentUser() user: SessionUser) {
    return user;
  }

  @Post('account')
  change(@CurrentUser() user: SessionUser) {
    return user;
  }
}

onEachPlatform((platform) => {
  const stage = new Stage();
  let server: RedisServer;
  let proxy: FaultProxy;
  let inspector: Redis;
  let app: TestApp;

  beforeAll(async () => {
    server = await startRedisServer();
    proxy = await FaultProxy.start(server.port);
    inspector = new Redis(server.url);
    app = await startApp(platform, {
      ...staged(stage),
      sessionModule: SessionModule.forRoot({
        redis: { url: `redis://127.0.0.1:${proxy.port}`, options: { disconnectTimeout: 50 } },
        outage: { deadline: DEADLINE_MS },
      }),
    });
    stage.on('signIn', (_, request) => app.sessions.signIn(request, { id: 'alice' }));
    stage.on('signOut', (_, request) => app.sessions.signOut(request));
    stage.on('who', (_, request) => ({ user: app.sessions.describe(request)?.userId ?? null }));
  });
  afterAll(async () => {
    await app.app.close();
    await proxy.stop();
    await inspector.quit();
    await server.stop();
  });
  const act = (handler: Act, client = app.client()) => {
    stage.on('act', handler);
    return client.post('/stage/act');
  };

  test('Redis holds the digest of a token instead of the token, so no lookup compares client input [CVE-2019-16782]', async () => {
    const client = app.client();
    await act((session) => void (session['a'] = 1), client);
    await client.post('/stage/signIn');
    const token = client.cookie?.split('=')[1] ?? 'none';
    const dump = await Promise.all(
      (await inspector.keys('*')).map(async (key) => key + String(await inspector.dumpBuffer(key))),
    );

    expect(dump.length).toBeGreaterThan(1);
    expect(dump.join()).not.toContain(token.slice(3));
    expect(dump.join()).not.toContain(token.slice(3, 20));
  });

  test('nothing is written to the console, and no token to the log [CVE-2023-20866]', async () => {
    const written: string[] = [];
    const spies = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation((text) => (written.push(String(text)), true)),
    );
    const client = app.client();
    await client.post('/stage/signIn');
    await act((session) => session.regenerate(), client);
    const token = client.cookie?.split('=')[1] ?? 'none';
    await client.post('/stage/signOut');
    for (const spy of spies) spy.mockRestore();

    expect(written).toEqual([]);
    expect(log.lines.map(({ text }) => text).join()).not.toContain(token.slice(3));
  });

  test('a late reply is never matched to another request [CVE-2023-28858]', async () => {
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async (_, number) => {
        const client = app.client();
        await client.post('/stage/act');
        return { client, number };
      }),
    );
    for (const { client, number } of clients) await act((session) => void (session['mine'] = number), client);
    stage.on('mine', (session) => ({ mine: session['mine'] }));
    const random = new Random(28858);
    const wrong: unknown[] = [];
    let late = 0;
    for (let round = 0; round < ROUNDS; round++) {
      proxy.slow(random.pick([1, 80, 180, 195, 205, 300]));
      await Promise.all(
        clients.map(async ({ client, number }) => {
          const { status, body } = await client.get('/stage/mine');
          if (status === 503) late++;
          else if (JSON.stringify(body) !== JSON.stringify({ mine: number }))
            wrong.push({ number, status, body });
        }),
      );
      if (round % 5 === 4) proxy.cut();
    }
    await proxy.pass();
    await until(
      'sessions as usual',
      5_000,
      async () => (await clients[0]!.client.get('/stage/mine')).status === 200,
    );

    expect(wrong).toEqual([]);
    expect(late).toBeGreaterThan(0);
  }, 60_000);

  test('Redis runs the same scripts, whatever clients send [CVE-2025-49844] [CVE-2025-46817] [CVE-2025-46818] [CVE-2024-46981] [CVE-2024-31449]', async () => {
    const hostile = ['"]]; redis.call("FLUSHALL") --', "'..os.exit()..'", '\0{}', '%s%n', ']==]'];
    await inspector.script('FLUSH', 'SYNC');
    for (const text of hostile) {
      const client = app.client();
      const { status } = await act((session, request) => {
        session[text] = { [text]: text };
        return app.sessions.signIn(request, { id: text }, { device: text });
      }, client);
      expect(status).toBe(200);
      expect((await client.post('/stage/signOut')).status).toBe(200);
    }
    const scripts = readdirSync(new URL('../../libs/session/src/redis/scripts/', import.meta.url));
    const cached = /number_of_cached_scripts:(\d+)/.exec(await inspector.info('memory'))?.[1];

    expect(Number(cached)).toBeGreaterThan(0);
    expect(Number(cached)).toBeLessThan(scripts.length); // of which one is the part that all begin with
  });
});

onEachPlatform((platform) => {
  test('clients that make up tokens or sign out without a session leave no key [CVE-2015-5143] [CVE-2015-5963] [CVE-2015-5964]', async () => {
    const stage = new Stage();
    const app = await startApp(platform, staged(stage));
    stage.on('signOut', (_, request) => app.sessions.signOut(request));
    stage.on('who', (_, request) => ({ user: app.sessions.describe(request)?.userId ?? null }));
    for (let sent = 0; sent < STRANGERS; sent += AT_ONCE) {
      const visits = Array.from({ length: AT_ONCE }, async (_, index) => {
        const client = app.client();
        if (index % 2) client.cookie = `__Host-sid=${randomBytes(33).toString('base64url')}xx`;
        expect((await client.post(index % 3 ? '/stage/who' : '/stage/signOut')).status).toBe(200);
      });
      await Promise.all(visits);
    }

    expect(await app.keys()).toEqual([]);
    await app.stop();
  });

  test('the user of a request comes from its session and from nothing else [CVE-2025-61928]', async () => {
    const app = await startApp(platform, {
      controllers: [AccountController],
      providers: [{ provide: APP_GUARD, useClass: SessionGuard }],
    });
    const body = { user: { id: 'alice' }, userId: 'alice', session: { user: { id: 'alice' } } };
    const headers = {
      Authorization: 'Bearer alice',
      'X-User-Id': 'alice',
      Cookie: 'user=alice; userId=alice',
    };
    for (const send of [app.client().post, app.client().put])
      expect((await send('/account?userId=alice', body, { headers, cookie: null })).status).not.toBe(200);
    expect((await app.client().post('/account?userId=alice', body, { headers })).status).toBe(401);
    await app.stop();
  });
});

test('an application that does not require ioredis 5 gets version 6 or later [ADV-ioredis-moved]', () => {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, never>;
  const own = read(new URL('../../libs/session/package.json', import.meta.url).pathname) as {
    dependencies?: Record<string, string>;
    peerDependencies?: Record<string, string>;
  };
  const range = own.peerDependencies?.['ioredis'] ?? own.dependencies?.['ioredis'];
  expect(range).toMatch(/^\^5\.\d+\.\d+ \|\| \^6\.0\.0$/); // npm installs the highest version in range
  const installed = createRequire(import.meta.url).resolve('ioredis/package.json');
  expect(Number(String(read(installed)['version']).split('.')[0])).toBeGreaterThanOrEqual(6);
});

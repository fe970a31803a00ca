import type { Server } from 'node:net';
import type { INestApplication, Type } from '@nestjs/common';
import { jest } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import type { Redis } from 'ioredis';
import {
  SessionEvents,
  SessionModule,
  type SessionModuleOptions,
  SessionService,
} from 'nestjs-redis-session';
import { freePort } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { wrongOptions } from '../support/wrong-options.js';
import { Client, Sightings } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { rowsOf } from './support/markdown.js';
import { load, run, serve, startRedisForExamples, stopExamples, visitorOf } from './support/run-example.js';

beforeAll(startRedisForExamples);
afterAll(stopExamples);

const ALICE = { username: 'alice', name: 'alice', password: 'secret' };

describe('the quick start', () => {
  let app: INestApplication;
  let browser: Client;
  let newBrowser: () => Client;

  beforeAll(async () => {
    const port = await freePort();
    process.env['PORT'] = String(port);
    const create = jest.spyOn(NestFactory, 'create');
    await load('quick-start/main');
    app = (await create.mock.results[0]?.value) as INestApplication;
    create.mockRestore();
    newBrowser = () => new Client({ host: '127.0.0.1', port }, new Sightings());
    browser = newBrowser();
    await until('an application that listens', 5_000, () => (app.getHttpServer() as Server).listening);
  });

  afterAll(() => app.close());

  it('the quick start rejects an anonymous client and a wrong password with 401', async () => {
    expect((await browser.get('/me')).status).toBe(401);
    expect((await browser.post('/login', { name: 'alice', password: 'wrong' })).status).toBe(401);
    expect((await browser.post('/login')).status).toBe(401);
  });

  it('the quick start signs a user in and keeps a counter in the session', async () => {
    const answer = await browser.post('/login', { name: 'alice', password: 'secret' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ userId: 'alice', id: expect.any(String) as string });
    expect((await browser.get('/me')).body).toEqual({ id: 'alice', visits: 1 });
    expect((await browser.get('/me')).body).toEqual({ id: 'alice', visits: 2 });
  });

  it('the quick start lists the devices of the user and signs the others out', async () => {
    const other = newBrowser();
    await other.post('/login', { name: 'alice', password: 'secret' });
    expect((await browser.get('/devices')).body).toHaveLength(2);
    expect((await browser.delete('/devices')).body).toEqual({ ended: 1 });
    expect((await other.get('/me')).body).toMatchObject({ statusCode: 401, reason: 'revoked' });
  });

  it('the quick start ends the session of the oldest device at the fourth sign-in', async () => {
    for (let count = 0; count < 3; count++) {
      const device = newBrowser();
      await device.post('/login', { name: 'alice', password: 'secret' });
    }
    expect((await browser.get('/me')).body).toMatchObject({ statusCode: 401, reason: 'evicted' });
  });

  it('the quick start signs the user out', async () => {
    await browser.post('/login', { name: 'alice', password: 'secret' });
    expect((await browser.post('/logout')).status).toBe(201);
    expect((await browser.get('/me')).status).toBe(401);
  });

  it.each(['app.module', 'auth.controller'])('%s of the quick start fits on a page', async (name) => {
    const { read } = await import('../../scripts/docs.mjs');
    const code = read(`docs/examples/quick-start/${name}.ts`).split('\n');
    expect(
      code.filter((line) => line.trim() !== '' && !line.startsWith('import')).length,
    ).toBeLessThanOrEqual(30);
  });
});

describe('the cache of the guide', () => {
  onEachPlatform((platform) => {
    it('a session is read from the cache, and from Redis if a handler requires a fresh session', async () => {
      const { AppModule } = await load('cache');
      const app = await run(AppModule, platform);
      const client = visitorOf(app);
      await client.post('/login');
      for (let n = 0; n < 3; n++) expect((await client.get('/cart')).body).toEqual([]);
      expect((await client.post('/pay')).body).toEqual({ paid: [] });
      // Of three requests for the cart and one to pay, the first one is read from Redis.
      expect((await client.get('/metrics/session-cache')).body).toEqual({
        state: 'coherent',
        hitRate: 4 / 5,
      });
    });
  });
});

/** Returns names of options as the page lists them: `size.max` for a member of a group. */
function namesIn(options: object, rows: ReadonlyMap<string, string>): string[] {
  const names = Object.entries(options).flatMap(([name, value]) =>
    rows.has(name) ? [name] : Object.keys(value as object).map((member) => `${name}.${member}`),
  );
  return names.sort();
}

describe('the options of the guide', () => {
  it('the guide sets every option, and the module accepts them', async () => {
    const { options } = await load<{ options: SessionModuleOptions }>('options');
    // "store" replaces "redis", so no application sets both.
    const rows = rowsOf('docs/guides/setup.md', 'All options');
    expect(namesIn(options, rows)).toEqual([...rows.keys()].filter((name) => name !== 'store').sort());
    const app = await NestFactory.createApplicationContext(SessionModule.forRoot(options), {
      abortOnError: false,
    });
    await app.close();
  });

  it('the options can come from a factory or a class', async () => {
    const { WithFactory, WithClass } = await load<Record<string, Type>>('async-options');
    for (const module of [WithFactory, WithClass]) {
      const app = await NestFactory.createApplicationContext(module as Type, { abortOnError: false });
      await app.get(SessionService).ping();
      await app.close();
    }
  });

  it('the options can contain a client, which is configured correctly and stays open', async () => {
    const { ownClient } = await load<{ ownClient: () => Redis }>('redis-clients');
    const client = ownClient();
    await client.connect();
    const app = await NestFactory.createApplicationContext(SessionModule.forRoot({ redis: client }), {
      abortOnError: false,
    });
    await app.close();
    expect(client.status).toBe('ready');
    client.disconnect();
  });

  it.each(['byUrl', 'withOptions', 'byOptions', 'cluster', 'sentinel'])(
    'the module accepts the example %s of a Redis target',
    async (name) => {
      const targets = await load<Record<string, SessionModuleOptions['redis']>>('redis-clients');
      expect(wrongOptions({ redis: targets[name] })).toEqual([]);
    },
  );
});

describe('lazy loading of the guide', () => {
  onEachPlatform((platform) => {
    it('lazy sessions are loaded by parameters, guards and middleware, and excluded paths have none', async () => {
      const { AppModule } = await load('lazy');
      const browser = visitorOf(await run(AppModule, platform));
      await browser.post('/login');
      expect((await browser.get('/prices')).body).toEqual({ kite: 25 });
      expect((await browser.get('/cart')).body).toEqual([]);
      expect((await browser.get('/orders')).body).toEqual({ userId: 'alice' });
      expect((await browser.get('/beta')).status).toBe(403);
      await browser.post('/join-beta');
      expect((await browser.get('/beta')).body).toEqual({ isIn: true });
      expect((await browser.get('/admin')).body).toEqual({ user: null });
      expect((await browser.get('/health')).body).toEqual({ status: 'ok' });
    });
  });
});

describe('a command outside a request', () => {
  it('a command outside a request ends all sessions of a user', async () => {
    const { endAllSessionsOf } = await load<{ endAllSessionsOf: (id: string) => Promise<number> }>(
      'outside-a-request',
    );
    expect(await endAllSessionsOf('nobody')).toBe(0);
  });

  it('a command outside a request ends the sessions of all users', async () => {
    const { endAllSessions } = await load<{ endAllSessions: () => Promise<number> }>('outside-a-request');
    await endAllSessions(); // also the sessions that other examples left
    expect(await endAllSessions()).toBe(0);
  });
});

onEachPlatform((platform) => {
  const open = async (name: string, main?: (app: INestApplication) => void) =>
    run((await load(name)).AppModule, platform, main);
  const browse = async (name: string) => visitorOf(await open(name));

  it('the guard admits signed-in users, and the handler receives the user', async () => {
    const app = await open('guard');
    const browser = visitorOf(app);
    expect((await browser.get('/welcome')).status).toBe(200);
    expect((await browser.get('/me')).body).toMatchObject({ statusCode: 401, reason: 'anonymous' });
    const { signInAs } = await import('nestjs-redis-session/testing');
    browser.cookie = (await signInAs(app, { id: 'alice' })).cookie;
    expect((await browser.get('/me')).body).toMatchObject({ id: 'alice', role: 'user' });
    expect((await browser.get('/my-city')).body).toEqual({ city: 'Oslo' });
  });

  it('fields are plain properties, changed in place or declared', async () => {
    const browser = await browse('session-data');
    await browser.post('/wishes', { sku: 'kite' });
    await browser.post('/wishes', { sku: 'ball' });
    expect((await browser.get('/wishes')).body).toMatchObject([{ sku: 'kite' }, { sku: 'ball' }]);
    expect((await browser.get('/theme')).body).toEqual({ theme: 'light' });
    await browser.post('/theme/dark');
    expect((await browser.get('/theme')).body).toEqual({ theme: 'dark' });
  });

  it('rules for session data are enforced', async () => {
    const browser = await browse('typed-data');
    expect((await browser.put('/cart', { cart: [{ sku: 'kite', quantity: 2 }] })).status).toBe(200);
    const answer = await browser.put('/cart', { cart: [{ sku: 'kite', quantity: 0 }] });
    expect(answer).toMatchObject({
      status: 400,
      body: { problems: [{ field: 'cart', expected: ['quantity must not be less than 1'] }] },
    });
  });

  it('passport checks the password and the session service signs in', async () => {
    const browser = await browse('passport-sign-in');
    expect((await browser.post('/login', { ...ALICE, password: 'wrong' })).status).toBe(401);
    expect((await browser.post('/login', ALICE)).body).toMatchObject({ userId: 'alice' });
  });

  it("Passport's own methods sign a user in and out", async () => {
    const { usePassport } = await load<{ usePassport: (app: INestApplication) => void }>('passport-session');
    const app = await open('passport-session', usePassport);
    const browser = visitorOf(app);
    await app.get(SessionService).revokeAll('alice');
    expect((await browser.post('/login', { ...ALICE, password: 'wrong' })).status).toBe(401);
    expect((await browser.post('/login', ALICE)).body).toMatchObject({ id: 'alice' });
    expect((await browser.get('/me')).body).toMatchObject({ id: 'alice', role: 'user' });
    expect(await app.get(SessionService).count('alice')).toBe(1);
    expect((await browser.post('/logout')).status).toBe(201);
    expect((await browser.get('/me')).status).toBe(401);
    expect(await app.get(SessionService).count('alice')).toBe(0);
  });

  it('devices are listed and ended, and a new password ends the others', async () => {
    const app = await open('devices');
    const { signInAs } = await import('nestjs-redis-session/testing');
    await app.get(SessionService).revokeAll('carol');
    const [here, there, elsewhere] = [visitorOf(app), visitorOf(app), visitorOf(app)];
    for (const browser of [here, there, elsewhere]) {
      browser.cookie = (await signInAs(app, { id: 'carol' }, { device: 'Lynx' })).cookie;
    }
    const list = (await here.get('/devices')).body as { id: string; isThisOne: boolean; device: string }[];
    expect(list.map(({ isThisOne }) => isThisOne).sort()).toEqual([false, false, true]);
    expect((await here.delete(`/devices/${list.find(({ isThisOne }) => !isThisOne)?.id}`)).status).toBe(204);
    expect((await here.delete(`/devices/${'x'.repeat(25)}`)).status).toBe(404);
    expect((await here.post('/devices/sign-out-everywhere-else')).body).toEqual({ ended: 1 });
    expect((await there.get('/devices')).body).toMatchObject({ reason: 'revoked' });

    there.cookie = (await signInAs(app, { id: 'carol' })).cookie;
    const before = here.cookie;
    expect((await here.post('/account/password')).status).toBe(204);
    expect(here.cookie).not.toBe(before);
    expect((await there.get('/devices')).status).toBe(401);
    expect((await here.post('/account/close')).status).toBe(204);
    expect((await here.get('/devices')).status).toBe(401);
  });

  it('an old sign-in must confirm the password before a sensitive operation', async () => {
    const app = await open('devices');
    const { signInAs } = await import('nestjs-redis-session/testing');
    const browser = visitorOf(app);
    const signedInAt = new Date(Date.now() - 10 * 60_000);
    browser.cookie = (await signInAs(app, { id: 'alice' }, { signedInAt })).cookie;
    expect((await browser.put('/profile/email')).body).toMatchObject({ reason: 'sign-in-not-recent' });
    expect((await browser.post('/confirm-password', { password: 'wrong' })).status).toBe(401);
    expect((await browser.put('/profile/email')).status).toBe(403);
    expect((await browser.post('/confirm-password', { password: 'secret' })).status).toBe(204);
    expect((await browser.put('/profile/email')).status).toBe(204);
  });

  it('a limit that depends on the user rejects a sign-in with the list of sessions', async () => {
    const app = await open('limit');
    await app.get(SessionService).revokeAll('root');
    const root = { name: 'root', password: 'secret' };
    expect((await visitorOf(app).post('/login', root)).status).toBe(201);
    const refused = await visitorOf(app).post('/login', root);
    expect(refused).toMatchObject({ status: 409, body: { max: 1, sessions: [{ userId: 'root' }] } });
  });

  it('a filter of the application sends its own response', async () => {
    const app = await open('error-filter');
    await app.get(SessionService).revokeAll('dave');
    await visitorOf(app).post('/login', { name: 'dave' });
    const refused = await visitorOf(app).post('/login', { name: 'dave' });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'TOO_MANY_SESSIONS', sessions: [{ device: null }] },
    });
  });

  it('a sign-in sets its lifetime, and whether the cookie outlives the browser', async () => {
    const app = await open('sign-in-options');
    const once = await visitorOf(app).post('/login', ALICE);
    expect(once.sessionCookie).not.toContain('Max-Age');
    const kept = await visitorOf(app).post('/login', { ...ALICE, keepMeSignedIn: true });
    expect(kept.sessionCookie).toMatch(/Max-Age=(2592000|2591999)/);
    const admin = (await visitorOf(app).post('/login', { name: 'root', password: 'secret' })).body as Record<
      'createdAt' | 'absoluteEndAt',
      string
    >;
    expect(Date.parse(admin.absoluteEndAt) - Date.parse(admin.createdAt)).toBe(60 * 60_000);
  });

  it('timeouts can depend on the user, and a session can end with an exam', async () => {
    const app = await open('lifetimes');
    type Lifetime = Record<'lastActiveAt' | 'idleEndAt' | 'absoluteEndAt', string>;
    const minutes = ({ lastActiveAt: from, ...lifetime }: Lifetime, to: 'idleEndAt' | 'absoluteEndAt') =>
      Math.round((Date.parse(lifetime[to]) - Date.parse(from)) / 60_000);
    const browser = visitorOf(app);
    const admin = (await browser.post('/auth/as-admin')).body as Lifetime;
    expect([minutes(admin, 'idleEndAt'), minutes(admin, 'absoluteEndAt')]).toEqual([5, 60]);
    const exam = (await browser.post('/exam/begin')).body as Lifetime;
    expect([minutes(exam, 'idleEndAt'), minutes(exam, 'absoluteEndAt')]).toEqual([90, 90]);
  });

  it('parallel increments and updates lose no change', async () => {
    const browser = await browse('counters');
    await browser.post('/visit');
    await Promise.all(Array.from({ length: 9 }, () => browser.copy().post('/visit')));
    expect((await browser.post('/visit')).body).toEqual({ visits: 11 });
    await Promise.all(Array.from({ length: 9 }, () => browser.copy().post('/basket', { sku: 'kite' })));
    expect((await browser.post('/basket', { sku: 'kite' })).body).toEqual({ kite: 10 });
  });

  it('regenerate() as a promise keeps the data, and with a callback starts over', async () => {
    const app = await open('regenerate');
    const { signInAs } = await import('nestjs-redis-session/testing');
    const browser = visitorOf(app);
    browser.cookie = (await signInAs(app, { id: 'alice' })).cookie;
    await browser.post('/fill');
    const before = browser.cookie;
    expect((await browser.post('/become-seller')).body).toEqual({ basket: ['apple'] });
    expect(browser.cookie).not.toBe(before);
    expect((await browser.post('/start-over')).body).toEqual({ basket: [] });
    expect((await browser.post('/become-seller')).status).toBe(401);
  });

  it('listeners receive events', async () => {
    const app = await open('events');
    const { signInAs } = await import('nestjs-redis-session/testing');
    const heard = new Promise((resolve) => app.get(SessionEvents).on('signed-in', resolve));
    await signInAs(app, { id: 'alice' });
    expect(await heard).toMatchObject({ type: 'signed-in', userId: 'alice' });
  });

  it('Terminus reports readiness', async () => {
    const answer = await (await browse('outage')).get('/ready');
    expect(answer).toMatchObject({ status: 200, body: { details: { sessions: { status: 'up' } } } });
  });

  it('the health service reports the state of the store', async () => {
    expect((await (await browse('health')).get('/health')).body).toEqual({ status: 'ok' });
  });
});

describe('behind a proxy', () => {
  it.each(['createOnExpress', 'createOnFastify'])(
    '%s sees the connection as the browser does',
    async (name) => {
      const proxies = await load<Record<string, () => Promise<INestApplication>>>('proxy');
      const browser = await serve((await proxies[name]?.()) as INestApplication);
      const plain = await browser.get('/', { cookie: null });
      expect(plain.sessionCookie).toMatch(/^sid=/);
      const secure = await browser.get('/', { cookie: null, headers: { 'x-forwarded-proto': 'https' } });
      expect(secure.sessionCookie).toMatch(/^__Host-sid=.*; Secure/);
    },
  );
});

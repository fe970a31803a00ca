import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { Redis } from 'ioredis';
import { SessionModule, SessionOptionsError } from 'nestjs-redis-session';
import { REDIS_URL } from '../support/app.js';
import '../support/log-book.js';
import { freePort, startRedisServer } from '../support/redis-server.js';

const PASSWORD = 'p4ss/w0rd of the session Redis';

/** Otherwise ioredis keeps a timer for two seconds after it gives up, and Jest waits for it. */
const disconnectTimeout = 50;

/** Starts a module that must fail, and returns the error. */
async function refusal(options: object): Promise<Error> {
  let context: INestApplicationContext;
  try {
    const sessionModule = SessionModule.forRoot(options);
    context = await NestFactory.createApplicationContext(sessionModule, { abortOnError: false });
  } catch (error) {
    return error as Error;
  }
  await context.close();
  throw new Error(`started with ${JSON.stringify(options)}`);
}

describe('an unusable Redis stops the start at once, with its address and advice in the message', () => {
  const refusedWithin = async (ms: number, options: object) => {
    const start = performance.now();
    const error = await refusal(options);
    expect(performance.now() - start).toBeLessThan(ms);
    expect(error).toBeInstanceOf(SessionOptionsError);
    return allText(error);
  };

  test('a start fails if no server listens at a URL, without revealing its password', async () => {
    const port = await freePort();
    const text = await refusedWithin(1000, {
      redis: `redis://user:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`,
    });

    expect(text).toMatch(`redis: expected a server that answers at 127.0.0.1:${port}, but`);
    expect(text).toContain('ECONNREFUSED');
    expect(text).toContain('Start Redis there');
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain(encodeURIComponent(PASSWORD));
  });

  test('a start fails if no server listens at the host of the options, without revealing the password', async () => {
    const port = await freePort();
    const text = await refusedWithin(1000, {
      redis: { host: '127.0.0.1', port, password: PASSWORD, disconnectTimeout },
    });

    expect(text).toContain(`127.0.0.1:${port}`);
    expect(text).not.toContain(PASSWORD);
  });

  test('a start fails if no node of a cluster responds', async () => {
    const port = await freePort();
    const text = await refusedWithin(6000, {
      redis: { cluster: [{ host: '127.0.0.1', port }], options: { redisOptions: { disconnectTimeout } } },
    });

    expect(text).toContain(`any of 127.0.0.1:${port}`);
  });

  test('a start fails if the server requires another password', async () => {
    const server = await startRedisServer({ args: ['--requirepass', 'right'] });
    const text = await refusedWithin(1500, {
      redis: `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}`,
    });
    await server.stop();

    expect(text).toMatch(/WRONGPASS/);
    expect(text).not.toContain(PASSWORD);
  });

  // In parallel, since each takes the full timeout of a connection.
  test('a start fails if the server never responds, or if the client of the application does not connect', async () => {
    const mute = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const client = new Redis({ port: await freePort(), lazyConnect: true, disconnectTimeout });
    client.on('error', () => undefined);
    const [ofServer, ofClient] = await Promise.all([
      refusedWithin(6000, { redis: { url: `redis://127.0.0.1:${port}`, options: { disconnectTimeout } } }),
      refusedWithin(6000, { redis: client }),
    ]);
    mute.close();
    client.disconnect();

    expect(ofServer).toContain(`127.0.0.1:${port}`);
    expect(ofClient).toMatch(/redis: expected a client that is connected, but.*Start Redis/s);
  }, 8000);
});

describe('a wrong option', () => {
  test.each<[object, RegExp]>([
    [{ idle: 'soon' }, /idle: expected a positive length of time.*received "soon"\. Leave it out for '30m'/],
    [{ idle: 0 }, /idle: expected a positive length of time.*received 0/],
    [{ absolute: -1 }, /absolute: expected.*received -1/],
    [{ absolute: Infinity }, /absolute: expected.*received Infinity/],
    [{ idle: '2h', absolute: '1h' }, /idle: expected at most the absolute timeout.*Shorten "idle"/],
    [{ redis: 'localhost:6379' }, /redis: expected a redis:\/\/ or rediss:\/\/ URL.*received string/],
    [{ redis: 6379 }, /redis: expected.*received number/],
    [{ redis: 'redis://127.0.0.1/abc' }, /redis: expected the number of a database.*received "abc"/],
    [{ redis: { sendCommand() {}, connect() {} } }, /redis: expected an ioredis client.*node-redis/],
    [{ redis: REDIS_URL, store: 'memory' }, /store: expected nothing beside "redis"/],
    [
      { store: 'disk' },
      /store: expected 'memory' or an object that implements SessionStore, received "disk"/,
    ],
    [{ store: {} }, /store: expected/],
    [{ redis: REDIS_URL, prefix: 'has space ' }, /prefix: expected a text of 1 to 64 printable/],
    [{ prefix: '{tag}' }, /prefix: expected/],
    [
      { limit: { max: 0, onExceed: 'reject' } },
      /limit\.max: expected a whole number of 1 or more.*received 0/,
    ],
    [{ limit: { max: 1.5, onExceed: 'reject' } }, /limit\.max: expected/],
    [{ limit: { max: 1, onExceed: 'kick' } }, /limit\.onExceed: expected 'evict-oldest'.*received "kick"/],
    [{ limit: { max: 1 } }, /limit\.onExceed: expected a value, received none/],
    [{ limit: 3 }, /limit: expected \{ max, onExceed \}, received 3/],
    [{ data: { keepOnSignIn: 'yes' } }, /data\.keepOnSignIn: expected true or false, received "yes"/],
    [{ data: { class: {} } }, /data\.class: expected a class.*Pass the class itself/],
    [{ users: {} }, /users: expected \{ load\(id\) \}/],
    [{ passport: { userId: 'sub' } }, /passport: expected/],
    [{ device: 'Firefox' }, /device: expected a function/],
    [{ endReasons: '' }, /endReasons: expected/],
    [{ outage: { deadline: NaN } }, /outage\.deadline: expected.*received NaN/],
    [{ rotation: { every: '10s', grace: '30s' } }, /rotation\.every: expected at least twice the grace/],
    [{ rotation: { every: '1h', onReuse: 'panic' } }, /rotation\.onReuse: expected 'report' or 'revoke'/],
    [{ ttl: 60 }, /ttl: expected a known option.*The idle timeout is "idle"/],
    [{ secret: 'keyboard cat' }, /secret: expected a known option/],
    [{ cookie: 'sid' }, /cookie: expected { name, secure, .*}, received "sid"/],
    [{ cookie: { maxAge: 60 } }, /cookie\.maxAge: expected a known option/],
    [{ cookie: { name: 'a b' } }, /cookie\.name: expected a cookie name/],
    [{ cookie: { name: 'sid\r\nSet-Cookie: a' } }, /cookie\.name: expected a cookie name/],
    [{ cookie: { path: 'relative' } }, /cookie\.path: expected a path that begins with '\/'/],
    [{ cookie: { path: '/a; Domain=evil' } }, /cookie\.path: expected/],
    [{ cookie: { domain: 'a b.com' } }, /cookie\.domain: expected a domain name/],
    [{ cookie: { sameSite: 'Lax' } }, /cookie\.sameSite: expected 'lax', 'strict' or 'none'/],
    [
      { cookie: { sameSite: 'none', secure: false } },
      /cookie\.sameSite: 'none' is expected with secure: true/,
    ],
    [{ cookie: { sameSite: 'none', secure: 'auto' } }, /cookie\.sameSite/],
    [{ cookie: { partitioned: true, secure: false } }, /cookie\.partitioned: is expected with secure: true/],
    [{ cookie: { name: '__Host-a', secure: false } }, /a __Host- name is expected with secure: true/],
    [{ cookie: { name: '__Host-a', domain: 'example.com' } }, /a __Host- name is expected with no domain/],
    [{ cookie: { name: '__Host-a', path: '/app' } }, /a __Host- name is expected with path: '\/'/],
    [{ cookie: { name: '__host-a' } }, /expected with the prefix in this spelling, received "__host-a"/],
    [{ cookie: { name: '__Secure-a', secure: 'auto' } }, /a __Secure- name is expected with secure: true/],
    [{ cookie: { name: '__Http-a', httpOnly: false } }, /a __Http- name is expected with httpOnly: true/],
    [{ cookie: { name: '__Host-Http-a', path: '/app' } }, /a __Host-Http- name is expected with path/],
    [{ cookie: { persistent: true }, absolute: '500d' }, /absolute: expected at most 400 days/],
  ])(
    'the start fails with the option %j, and the message says what was expected',
    async (options, message) => {
      const error = await refusal(options);

      expect(error).toBeInstanceOf(SessionOptionsError);
      expect(error.message).toMatch(message);
    },
  );

  test('a start lists all wrong options at once', async () => {
    const { message } = await refusal({ idle: 'soon', prefix: '', limit: 3, colour: 'red' });

    for (const name of ['idle', 'prefix', 'limit', 'colour'])
      expect(message).toContain(`- ${name}: expected`);
  });
});

/** Returns all text of an error that a developer sees, with its causes. */
function allText(error: Error): string {
  const cause = error.cause instanceof Error ? allText(error.cause) : '';
  return `${error.message}\n${error.stack ?? ''}\n${JSON.stringify(error)}\n${cause}`;
}

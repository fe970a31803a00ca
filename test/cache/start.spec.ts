import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  MemoryStore,
  SESSION_STORE,
  SessionCache,
  SessionModule,
  SessionOptionsError,
} from 'nestjs-redis-session';
import { PASSWORD, USER, userArgs } from '../support/access.js';
import { log } from '../support/log-book.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import { HOST, RedisNode } from '../support/redis-node.js';
import { isBeforeRedis7 } from '../support/server-version.js';
import { until } from '../support/until.js';
import { CachedProcess, newPrefix } from './support/cached-process.js';

const PAGE = new URL('../../docs/guides/cache.md', import.meta.url);
const REVOKED = { reason: 'revoked' } as const;

/** Permissions that the page requires for the cache, in addition to those that the module requires anyway. */
const [, rule = ''] = /^ACL SETUSER app (.*)$/m.exec(readFileSync(PAGE, 'utf8')) ?? [];
const needs = rule.split(' ');

describe('the cache with a Redis user who has few permissions', () => {
  let server: RedisNode;
  let prefix: string;

  beforeAll(async () => {
    server = await RedisNode.start({ args: [...userArgs('*'), 'resetchannels'] });
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    prefix = newPrefix();
    await server.ask('ACL', 'SETUSER', USER, 'resetchannels', ...needs.map(denied).filter(isCommand));
    await server.ask('ACL', 'LOG', 'RESET');
  });

  // Before Redis 7, a subcommand can be allowed, but only a whole command can be denied.
  const denied = (need: string) => need.replace('+', '-').replace(isBeforeRedis7 ? /\|.*/ : '', '');
  const isCommand = (need: string) => need.startsWith('-');
  const target = () => ({ host: HOST, port: server.port, username: USER, password: PASSWORD });
  const allow = (...rules: string[]) => server.ask('ACL', 'SETUSER', USER, ...rules);

  it('the cache works with the permissions on the page', async () => {
    await allow(...needs);
    const cached = await CachedProcess.open(target(), { prefix });
    const record = await cached.signedIn('alice');
    await cached.raw.destroy(record.id, REVOKED);
    await cached.untilGone(record);
    expect(await server.ask('ACL', 'LOG')).toEqual([]);
    await cached.close();
  });

  it.each(needs)('the lack of %s stops the start with a message that says why', async (missing) => {
    await allow(...needs.filter((need) => need !== missing));
    const opening = CachedProcess.open(target(), { prefix });
    await expect(opening).rejects.toBeInstanceOf(SessionOptionsError);
    await expect(opening).rejects.toThrow('cache: expected a Redis that allows client tracking');
  });

  it('the cache keeps no copy of a session whose lifetime it may not read', async () => {
    await allow(...needs, '-pttl');
    const cached = await CachedProcess.open(target(), { prefix });
    const record = await cached.raw.create(anonymous());
    for (let n = 0; n < 2; n++) expect(await cached.store.load(record.id)).toMatchObject({ id: record.id });
    expect(cached.statistics).toMatchObject({ hits: 0, misses: 2, bypasses: 2 });
    await cached.close();
    await allow('+pttl');
  });
});

describe('an application with the option cache', () => {
  const redis = process.env['TEST_REDIS_URL'] as string;

  it('the option cache has no effect, with a warning, if a test replaces the store by a memory store', async () => {
    const module = await Test.createTestingModule({
      imports: [SessionModule.forRoot({ redis, cache: true })],
    })
      .setLogger(log)
      .overrideProvider(SESSION_STORE)
      .useValue(new MemoryStore())
      .compile();
    expect(module.get(SessionCache).statistics()).toMatchObject({ entries: 0 });
    expect(log.recent('warn')).toEqual([expect.stringMatching(/The option "cache" has no effect/)]);
    await module.close();
  });

  it('an application that stops closes the connections of its cache', async () => {
    const admin = new Redis(redis);
    const name = newPrefix();
    const app = await NestFactory.createApplicationContext(
      SessionModule.forRoot({ redis: { ...at(redis), connectionName: name }, cache: true }),
      { logger: false, abortOnError: false },
    );
    const mine = async () =>
      String(await admin.client('LIST'))
        .split('\n')
        .filter((line) => line.includes(name)).length;
    expect(await mine()).toBe(3);
    await app.close();
    for (let n = 0; n < 50 && (await mine()) > 0; n++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await mine()).toBe(0);
    await admin.quit();
  });
});

function at(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

function anonymous() {
  const id = `AAA${'b'.repeat(22)}` as never;
  return {
    id,
    timeouts: { idleMs: 60_000, absoluteMs: 60_000 },
    persistent: false,
    fields: new Map<string, string>(),
  };
}

describe('a cache that is bypassed', () => {
  it('a cache that is bypassed at the start logs and counts the outage', async () => {
    const server = await RedisNode.start({});
    const proxy = await FaultProxy.start(server.port);
    // A network that drops the connection for invalidations.
    void proxy.cutBeforeRequest((request) => /subscribe/i.test(request));
    const redis = { port: proxy.port };
    const sessionModule = SessionModule.forRoot({
      redis,
      cache: true,
      redisChecks: { ignore: ['no-persistence'] },
    });
    const app = await NestFactory.createApplicationContext(sessionModule, {
      abortOnError: false,
      logger: log,
    });
    await until('a line in the log', 5_000, () =>
      /Session cache bypassed for \S+: \S+/.test(log.recent('warn').join()),
    );
    const cache = app.get(SessionCache);
    expect(cache.statistics()).toMatchObject({ outages: 1 });
    await until('a cache that is in use', 10_000, () => cache.statistics().state === 'coherent');
    expect(cache.statistics()).toMatchObject({ outages: 1, reason: null });
    await app.close();
    await proxy.stop();
    await server.stop();
  });

  it('the statistics give the reason while the cache is bypassed', async () => {
    const server = await RedisNode.start({});
    const proxy = await FaultProxy.start(server.port);
    const cached = await CachedProcess.open({ port: proxy.port }, { prefix: newPrefix() });
    expect(cached.statistics).toMatchObject({ state: 'coherent', outages: 0, reason: null });
    await proxy.refuse();
    await until('a cache that is bypassed', 10_000, () => cached.statistics.state === 'bypassed');
    expect(cached.statistics).toMatchObject({ outages: 1, reason: expect.any(String) as string });
    await cached.close();
    await proxy.stop();
    await server.stop();
  });
});

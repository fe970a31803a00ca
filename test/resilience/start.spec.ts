import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import type { SessionModuleOptions } from 'nestjs-redis-session';
import { SessionHealth, SessionModule, SessionOptionsError, SessionService } from 'nestjs-redis-session';
import { startApp } from '../support/app.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { freePort, type RedisServer, startRedisServer } from '../support/redis-server.js';
import { eventually, until } from '../support/until.js';
import { Controller, Get } from '@nestjs/common';
import { Session } from 'nestjs-redis-session';
import type { AnySession } from '../support/stage.js';

/** Short timeout: by default, ioredis keeps a timer for two seconds after each attempt. */
const disconnectTimeout = 50;
const servers: RedisServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function startRedis(port: number, args: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedisServer({ port, args: [...args] });
  servers.push(server);
  return server;
}

function start(options: SessionModuleOptions): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(SessionModule.forRoot(options), { abortOnError: false });
}

describe('a start while Redis is unavailable', () => {
  it.each<[string, (port: number) => SessionModuleOptions['redis']]>([
    ['an address', (port) => ({ port, disconnectTimeout })],
    [
      'a client',
      (port) => new Redis({ port, disconnectTimeout, enableOfflineQueue: false, maxRetriesPerRequest: 0 }),
    ],
  ])(
    "with outage.startup: 'wait', the start waits for a Redis that is configured as %s",
    async (_what, redisAt) => {
      const port = await freePort();
      const redis = redisAt(port);
      let isStarted = false;
      const starting = start({ redis, outage: { startup: 'wait' } }).then((app) => {
        isStarted = true;
        return app;
      });
      await until('a warning', 10_000, () => log.recent('warn').some((line) => /Reconnecting/.test(line)));
      expect(isStarted).toBe(false);
      await startRedis(port);
      const app = await starting;
      await app.get(SessionService).ping();
      await app.close();
      if (redis instanceof Redis) redis.disconnect();
    },
    20_000,
  );

  it("with outage.startup: 'degraded', the application starts without Redis, logs that, and uses Redis once it is available", async () => {
    const port = await freePort();
    const app = await start({ redis: { port, disconnectTimeout }, outage: { startup: 'degraded' } });
    expect(log.recent('warn').join()).toContain(
      "The application starts without it (outage.startup: 'degraded').",
    );
    const health = app.get(SessionHealth);
    expect(await health.report()).toMatchObject({ status: 'down', store: 'redis', latencyMs: null });
    await startRedis(port);
    await eventually(() => app.get(SessionService).ping());
    expect(await health.report()).toMatchObject({ status: 'up', latencyMs: expect.any(Number) as number });
    expect(await eventually(() => app.get(SessionService).list('alice'))).toEqual([]);
    await until('the warnings about the server', 5_000, () =>
      /no-persistence/.test(log.recent('warn').join()),
    );
    await app.close();
  }, 20_000);

  it("with outage.startup: 'degraded', the application starts without its Cluster, and can be closed", async () => {
    const cluster = [{ host: '127.0.0.1', port: await freePort() }];
    const redis = { cluster, options: { redisOptions: { disconnectTimeout } } };
    const app = await start({ redis, outage: { startup: 'degraded' } });
    await expect(app.get(SessionService).ping()).rejects.toThrow('could not reach Redis');
    await app.close();
  });
});

@Controller()
class CartController {
  @Get('cart')
  cart(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @Get('prices')
  prices() {
    return { book: 12 };
  }
}

onEachPlatform((platform) => {
  test('an application that started without Redis responds, and serves sessions once Redis is available', async () => {
    const port = await freePort();
    const redis = { port, disconnectTimeout };
    const sessionModule = SessionModule.forRoot({ redis, outage: { startup: 'degraded' } });
    const app = await startApp(platform, { controllers: [CartController], sessionModule });
    const client = app.client();
    client.cookie = `__Host-sid=${'A'.repeat(46)}`;
    expect((await client.get('/prices')).status).toBe(200);
    expect((await client.get('/cart')).status).toBe(503);
    await startRedis(port);
    await until('sessions', 5_000, async () => (await client.get('/cart')).status === 200);
    await app.app.close();
  });
});

describe('the warnings about a server at the start', () => {
  const ask = async (args: readonly string[], options: SessionModuleOptions = {}) => {
    const { port } = await startRedis(await freePort(), args);
    const app = await start({ redis: { port }, ...options });
    await app.close();
    return log.recent('warn').join('\n');
  };

  it('a start logs every unsuitable setting of the server with its remedy', async () => {
    const told = await ask(['--maxmemory-policy', 'allkeys-lru']);
    expect(told).toMatch(/evicts keys.*allkeys-lru.*Set maxmemory-policy to noeviction.*eviction-policy/);
    expect(told).toMatch(/keeps no data on disk.*no-persistence/);
  });

  it('a start does not log warnings that are silenced by name', async () => {
    expect(await ask([], { redisChecks: { ignore: ['no-persistence'] } })).toBe('');
    expect(
      await ask(['--maxmemory-policy', 'allkeys-lru'], { redisChecks: { ignore: ['no-persistence'] } }),
    ).toMatch(/^[^\n]*eviction-policy[^\n]*$/);
  });

  it('a start fails if Redis evicts keys, unless the policy is allowed by name', async () => {
    const args = ['--maxmemory', '100mb', '--maxmemory-policy', 'volatile-lru'];
    await expect(ask(args)).rejects.toThrow(SessionOptionsError);
    await expect(ask(args, { redisChecks: { allowEviction: ['allkeys-lru'] } })).rejects.toThrow(
      /expected maxmemory-policy noeviction, received volatile-lru.*allowEviction: \['volatile-lru'\]/,
    );
    log.turnPage();
    expect(
      await ask(args, { redisChecks: { allowEviction: ['volatile-lru'], ignore: ['no-persistence'] } }),
    ).toBe('');
  });

  it('a failure that a start would have reported is logged when Redis becomes available later', async () => {
    const port = await freePort();
    const app = await start({
      redis: { port },
      outage: { startup: 'degraded' },
      redisChecks: { ignore: ['no-persistence'] },
    });
    await startRedis(port, ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lfu']);
    await until('a line in the log', 5_000, () =>
      Promise.resolve(/received allkeys-lfu/.test(log.recent('warn').join())),
    );
    await app.close();
  });

  it('a start logs nothing if the user may not read the settings', async () => {
    const server = await startRedis(await freePort());
    const admin = new Redis(server.port);
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>pw', '~*', '+@all', '-info', '-config');
    const app = await start({
      redis: { port: server.port, username: 'app', password: 'pw', enableReadyCheck: false },
    });
    await app.close();
    await admin.quit();
    expect(log.recent('warn')).toEqual([]);
  });
});

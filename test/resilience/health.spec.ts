import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Public, SessionHealth, SessionModule, SessionService } from 'nestjs-redis-session';
import { startApp } from '../support/app.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

@Controller('health')
@Public()
class HealthController {
  constructor(
    private readonly terminus: HealthCheckService,
    private readonly health: SessionHealth,
    private readonly sessions: SessionService,
  ) {}

  @Get()
  check() {
    return this.terminus.check([() => this.health.isHealthy('sessions')]);
  }

  @Get('statistics')
  statistics() {
    return this.sessions.statistics();
  }
}

@Module({ imports: [TerminusModule] })
class HealthModule {}

onEachPlatform((platform) => {
  describe('the health of sessions', () => {
    let server: RedisServer;
    let proxy: FaultProxy;
    beforeAll(async () => {
      server = await startRedisServer();
      proxy = await FaultProxy.start(server.port);
    });
    afterAll(async () => {
      await proxy.stop();
      await server.stop();
    });

    test('Terminus reports 200 while Redis is available, and 503 while it is not', async () => {
      const redis = { port: proxy.port, disconnectTimeout: 50 };
      const app = await startApp(platform, {
        imports: [HealthModule, TerminusModule],
        controllers: [HealthController],
        sessionModule: SessionModule.forRoot({
          redis,
          outage: { deadline: 300 },
          redisChecks: { ignore: ['no-persistence'] },
        }),
      });
      const client = app.client();
      const up = { status: 'up', store: 'redis', breaker: 'closed', latencyMs: expect.any(Number) as number };
      expect(await client.get('/health')).toMatchObject({ status: 200, body: { info: { sessions: up } } });
      await proxy.refuse();
      const down = { status: 'down', latencyMs: null };
      expect(await client.get('/health')).toMatchObject({ status: 503, body: { error: { sessions: down } } });
      await proxy.pass();
      await until('health', 5_000, async () => (await client.get('/health')).status === 200);
      await app.app.close();
    });

    test('the statistics count requests, calls and failures, and give the state of the circuit breaker', async () => {
      await proxy.pass();
      const redis = { port: proxy.port, disconnectTimeout: 50 };
      const app = await startApp(platform, {
        imports: [HealthModule, TerminusModule],
        controllers: [HealthController],
        sessionModule: SessionModule.forRoot({
          redis,
          outage: { deadline: 300 },
          redisChecks: { ignore: ['no-persistence'] },
        }),
      });
      const client = app.client();
      // An unknown token: the store is queried for its session, and the cookie is cleared.
      const cookie = `__Host-sid=${'A'.repeat(46)}`;
      const statistics = async () => (await client.get('/health/statistics', { cookie })).body;
      expect(await statistics()).toEqual({
        requests: 1,
        anonymous: { created: 0, refused: 0 },
        cookies: { malformed: 0, forged: 0, dead: 0, unknown: 1 },
        store: {
          calls: expect.any(Number) as number,
          failures: 0,
          breaker: 'closed',
          latencyMs: { p50: expect.any(Number) as number, p99: expect.any(Number) as number },
        },
      });
      await proxy.refuse();
      for (let request = 1; request <= 6; request += 1) await statistics();
      const after = (await statistics()) as {
        requests: number;
        store: { failures: number; breaker: string };
      };
      expect(after.requests).toBe(8);
      expect(after.store.breaker).toMatch(/^(half-)?open$/);
      expect(after.store.failures).toBeGreaterThanOrEqual(6);
      expect((await app.eventsOf('store-down')).length).toBe(1);
      await proxy.pass();
      await until('an event', 5_000, async () => {
        await statistics();
        return (await app.eventsOf('store-up')).length === 1;
      });
      await app.app.close();
    });
  });
});

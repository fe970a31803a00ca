import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import {
  OnOutage,
  Public,
  Session,
  SessionHealth,
  SessionModule,
  type SessionModuleOptions,
  SessionService,
} from 'nestjs-redis-session';

// #region route
@Controller()
class ShopController {
  @Get()
  @OnOutage('anonymous')
  home(@Session() session: Session<{ name: string }>) {
    return { greeting: `Hello, ${session.name ?? 'stranger'}` }; // all visitors are anonymous during an outage
  }
}
// #endregion route

// #region health
@Controller('health')
@Public()
class HealthController {
  constructor(
    private readonly health: SessionHealth,
    private readonly sessions: SessionService,
  ) {}

  @Get()
  async check() {
    return { sessions: await this.health.report(), statistics: this.sessions.statistics() };
  }
}
// #endregion health

// #region terminus
@Controller('ready')
@Public()
class ReadinessController {
  constructor(
    private readonly terminus: HealthCheckService,
    private readonly health: SessionHealth,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.terminus.check([() => this.health.isHealthy('sessions')]);
  }
}
// #endregion terminus

// #region options
@Module({
  imports: [
    TerminusModule,
    SessionModule.forRoot({
      redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
      outage: { deadline: '250ms', policy: 'fail', startup: 'degraded' },
      durability: { replicas: 1, timeout: '100ms' },
      redisChecks: { ignore: ['no-persistence'] },
    }),
  ],
  controllers: [ShopController, HealthController, ReadinessController],
})
export class AppModule {}
// #endregion options

// #region eviction
export const onElastiCache: SessionModuleOptions = {
  redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  redisChecks: { allowEviction: ['volatile-lru'] },
};
// #endregion eviction

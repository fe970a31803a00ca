import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Public, SessionModule } from 'nestjs-redis-session';
import type { Server } from 'node:http';

// #region readiness
@Controller('ready')
@Public()
class ReadinessController {
  constructor(private readonly health: HealthCheckService) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([]); // 503 from SIGTERM on
  }
}
// #endregion readiness

// #region module
@Module({
  imports: [
    TerminusModule.forRoot({ gracefulShutdownTimeoutMs: 3_000 }), // more than `fall` health checks
    SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' }),
  ],
  controllers: [ReadinessController],
})
export class AppModule {}
// #endregion module

// #region main
export async function start(port: number): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule);
  app.set('trust proxy', '127.0.0.1'); // address of haproxy
  app.enableShutdownHooks(); // SIGTERM ends the process as described below
  const server: Server = app.getHttpServer();
  server.keepAliveTimeout = 75_000; // longer than haproxy keeps an idle connection
  await app.listen(port);
  return app;
}
// #endregion main

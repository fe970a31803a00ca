import type { DynamicModule, MiddlewareConsumer, NestModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { SessionModuleOptions } from 'nestjs-redis-session';
import { SessionCsrfGuard, SessionGuard, SessionModule } from 'nestjs-redis-session';
import { prometheus, SessionMetricsModule } from 'nestjs-redis-session/telemetry';
import { AdminController } from './admin/admin.controller.js';
import { EveryoneController } from './admin/everyone.controller.js';
import { AuthModule } from './auth/auth.module.js';
import { ConnectionCloser } from './connection-closer.js';
import { DataController } from './data/data.controller.js';
import { Drain } from './health/drain.js';
import { HealthController } from './health/health.controller.js';
import { ReadinessController } from './health/readiness.controller.js';
import { LabModule } from './lab/lab.module.js';
import { LiveController } from './live/live.controller.js';
import { LiveMetrics } from './live/live-metrics.js';
import { Streams } from './live/streams.js';
import { CookieLog } from './pages/cookie-log.js';
import { DemoController } from './pages/demo.controller.js';
import { PagesController } from './pages/pages.controller.js';
import { SessionsController } from './sessions/sessions.controller.js';
import type { Settings } from './settings/settings.js';
import { SETTINGS } from './settings/settings.js';
import type { RedisTarget, Storage } from './storage/storage.js';
import { STORAGE, StorageModule } from './storage/storage.module.js';
import { ownLimitOf } from './users/demo-users.js';
import { UsersModule } from './users/users.module.js';
import { UsersService } from './users/users.service.js';

@Module({
  controllers: [
    PagesController,
    DemoController,
    SessionsController,
    DataController,
    LiveController,
    AdminController,
    EveryoneController,
    HealthController,
    ReadinessController,
  ],
  providers: [
    { provide: APP_GUARD, useClass: SessionCsrfGuard },
    { provide: APP_GUARD, useClass: SessionGuard },
    ConnectionCloser,
    CookieLog,
    Drain,
    LiveMetrics,
    Streams,
  ],
})
export class AppModule implements NestModule {
  constructor(private readonly cookies: CookieLog) {}

  static with(settings: Settings, storage: Storage): DynamicModule {
    const sampledEvery = settings.sampling ? '5s' : false;
    return {
      module: AppModule,
      providers: [{ provide: SETTINGS, useValue: settings }],
      imports: [
        UsersModule.with({ numbered: settings.demoUsers, withLab: settings.lab }),
        StorageModule.with(storage),
        AuthModule,
        ...(settings.lab ? [LabModule] : []),
        SessionMetricsModule.forRoot(),
        SessionModule.forRootAsync({
          inject: [UsersService, STORAGE],
          useFactory: (users: UsersService, { redis }: Storage) => ({
            // The demo also runs without TLS, and without Redis on a machine that has none.
            ...(redis === null ? { store: 'memory' } : redisOptions(redis, settings)),
            cookie: { secure: 'auto' },
            users: { load: (id) => users.find(id) },
            // Responses of guarded routes hold data of one user. With `no-store`, neither a proxy nor the Back button
            // after a sign-out shows them to someone else (OWASP ASVS 5.0, 14.3.2). Assets are public and stay cacheable.
            responses: { noStore: true },
            // At /metrics, for Prometheus.
            telemetry: prometheus({ servers: sampledEvery, live: sampledEvery }),
            ...lifetimesOf(settings),
            limit: limitFor(settings),
          }),
        }),
      ],
    };
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(this.cookies.record).forRoutes('api/*path');
  }
}

/** Returns the options that apply only to sessions in Redis. */
function redisOptions(
  redis: RedisTarget,
  { session: { outage, cache = false } }: Settings,
): SessionModuleOptions {
  // The Redis server that the demo starts has no persistence, so the check for that is ignored.
  return { redis, cache, redisChecks: { ignore: ['no-persistence'] }, ...(outage && { outage }) };
}

function lifetimesOf({ session: { idle, absolute } }: Settings): SessionModuleOptions {
  return { ...(idle !== undefined && { idle }), ...(absolute !== undefined && { absolute }) };
}

/** Returns the limit in the settings, except for users with a limit of their own. */
function limitFor({ session: { limit } }: Settings): SessionModuleOptions['limit'] {
  const max = limit?.max ?? Infinity;
  return {
    max: (user) => ownLimitOf(String(user.id)) ?? (typeof max === 'function' ? max(user) : max),
    onExceed: limit?.onExceed ?? 'evict-oldest',
  };
}

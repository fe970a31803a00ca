import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { SessionGuard, SessionModule } from 'nestjs-redis-session';
import { AdminController } from './admin/admin.controller.js';
import { AuthModule } from './auth/auth.module.js';
import { ConnectionCloser } from './connection-closer.js';
import { DataController } from './data/data.controller.js';
import { HealthController } from './health/health.controller.js';
import { IndexController } from './index.controller.js';
import { SessionsController } from './sessions/sessions.controller.js';
import type { Settings } from './settings/settings.js';
import type { Storage } from './storage/storage.js';
import { STORAGE, StorageModule } from './storage/storage.module.js';
import { UsersModule } from './users/users.module.js';
import { UsersService } from './users/users.service.js';

@Module({
  controllers: [IndexController, SessionsController, DataController, AdminController, HealthController],
  providers: [{ provide: APP_GUARD, useClass: SessionGuard }, ConnectionCloser],
})
export class AppModule {
  static with(settings: Settings, storage: Storage): DynamicModule {
    return {
      module: AppModule,
      imports: [
        UsersModule.with(settings.demoUsers),
        AuthModule,
        SessionModule.forRootAsync({
          imports: [StorageModule.with(storage)],
          inject: [UsersService, STORAGE],
          useFactory: (users: UsersService, { url }: Storage) => ({
            // The demo also runs without TLS, and without Redis where there is none.
            ...(url === null ? { store: 'memory' } : { redis: url }),
            cookie: { secure: 'auto' },
            users: { load: (id) => users.find(id) },
            // The Redis that the demo starts keeps nothing on disk.
            silence: ['no-persistence'],
            ...settings.session,
          }),
        }),
      ],
    };
  }
}

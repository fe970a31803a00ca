import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { SessionGuard, SessionModule } from 'nestjs-redis-session';
import { AuthController } from './auth.controller.js';

@Module({
  imports: [
    SessionModule.forRoot({
      redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
      limit: { max: 3, onExceed: 'evict-oldest' },
      cookie: { secure: 'auto' }, // for development over plain HTTP; remove it in production
    }),
  ],
  controllers: [AuthController],
  providers: [{ provide: APP_GUARD, useClass: SessionGuard }], // every route needs a signed-in user …
})
export class AppModule {}

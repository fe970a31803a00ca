import { Injectable, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import type { SessionModuleOptions, SessionOptionsFactory } from 'nestjs-redis-session';
import { SessionModule } from 'nestjs-redis-session';

// #region factory
@Module({
  imports: [
    ConfigModule.forRoot(),
    SessionModule.forRootAsync({
      imports: [ConfigModule],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        redis: config.getOrThrow<string>('REDIS_URL'),
        idle: '20m',
      }),
    }),
  ],
})
export class WithFactory {}
// #endregion factory

// #region class
@Injectable()
class SessionConfig implements SessionOptionsFactory {
  createSessionOptions(): SessionModuleOptions {
    return { redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', idle: '20m' };
  }
}

@Module({ imports: [SessionModule.forRootAsync({ useClass: SessionConfig })] })
export class WithClass {}
// #endregion class

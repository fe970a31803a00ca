import { Injectable, Module } from '@nestjs/common';
import type { SessionModuleOptions, SessionOptionsFactory } from 'nestjs-redis-session';
import { SessionModule } from 'nestjs-redis-session';

@Injectable()
export class Config {
  readonly redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
}

@Module({ providers: [Config], exports: [Config] })
export class ConfigModule {}

// #region factory
@Module({
  imports: [
    SessionModule.forRootAsync({
      imports: [ConfigModule],
      inject: [Config],
      useFactory: (config: Config) => ({ redis: config.redisUrl, idle: '20m' }),
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

import { Controller, Get, HttpCode, Module, Post, Req } from '@nestjs/common';
import type { RequestLike } from 'nestjs-redis-session';
import {
  FreshSession,
  Public,
  Session,
  SessionCache,
  SessionGuard,
  SessionModule,
  SessionService,
} from 'nestjs-redis-session';
import { APP_GUARD } from '@nestjs/core';

// #region routes
@Controller()
class ShopController {
  // Usually served from memory.
  @Get('cart')
  cart(@Session() session: Session<{ cart: string[] }>) {
    return session.cart ?? [];
  }

  // Reads Redis, not the cache.
  @FreshSession()
  @Post('pay')
  @HttpCode(200)
  pay(@Session() session: Session<{ cart: string[] }>) {
    return { paid: session.cart ?? [] };
  }
}
// #endregion routes

@Controller()
class SignInController {
  constructor(private readonly sessions: SessionService) {}

  @Public()
  @Post('login')
  login(@Req() request: RequestLike) {
    return this.sessions.signIn(request, { id: 'alice' });
  }
}

// #region statistics
@Controller('metrics')
class MetricsController {
  constructor(private readonly cache: SessionCache) {}

  @Public()
  @Get('session-cache')
  read() {
    const { state, hits, misses, bypasses } = this.cache.statistics();
    return { state, hitRate: hits / Math.max(1, hits + misses + bypasses) };
  }
}
// #endregion statistics

// #region module
@Module({
  imports: [
    SessionModule.forRoot({
      redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
      cache: { maxEntries: 20_000, staleness: '1s' },
    }),
  ],
  controllers: [SignInController, ShopController, MetricsController],
  providers: [{ provide: APP_GUARD, useClass: SessionGuard }],
})
export class AppModule {}
// #endregion module

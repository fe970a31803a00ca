import { Controller, Get, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import {
  FreshSession,
  Public,
  RecentSignIn,
  type RequestLike,
  Session,
  SessionCache,
  type SessionCacheStatistics,
  SessionGuard,
  SessionService,
} from 'nestjs-redis-session';
import type { AnySession } from '../../support/stage.js';

/** A small application of which some routes rely on the cache, and some do not. */
@Controller()
@UseGuards(SessionGuard)
export class ShopController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Public()
  @Post('login')
  @HttpCode(200)
  login(@Req() request: RequestLike) {
    return this.sessions.signIn(request, { id: 'alice' });
  }

  @Get('cart')
  cart(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @Post('cart')
  @HttpCode(200)
  fill(@Session() session: AnySession): void {
    session['cart'] = ['kite'];
  }

  @FreshSession()
  @Get('pay')
  pay(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @Public()
  @RecentSignIn('5m')
  @Get('recent')
  recent(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  /** Admits anonymous clients, but no client whose session has ended. */
  @Public()
  @FreshSession()
  @Get('open')
  open(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @Get('reloaded')
  async reloaded(@Session() session: AnySession) {
    await session.reload();
    return { cart: session['cart'] ?? null };
  }

  @Post('others')
  @HttpCode(200)
  async others(@Req() request: RequestLike) {
    return { ended: await this.sessions.revokeOthers(request) };
  }
}

@Controller('fresh')
@FreshSession()
export class FreshController {
  @Get('all')
  all(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }
}

@Controller('cache')
export class CacheController {
  constructor(@Inject(SessionCache) private readonly cache: SessionCache) {}

  @Get()
  statistics(): SessionCacheStatistics {
    return this.cache.statistics();
  }
}

export const SHOP = [ShopController, FreshController, CacheController];

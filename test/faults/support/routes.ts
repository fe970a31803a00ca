import { Controller, Get, HttpCode, Inject, Param, Post, Put, Req, UseGuards } from '@nestjs/common';
import { type RequestLike, Session, SessionGuard, SessionService } from 'nestjs-redis-session';
import type { AnySession } from '../../support/stage.js';

type CountingSession = Session<{ visits: number }>;

/** A small shop: what applications do with sessions. */
@Controller()
export class ShopController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Post('sign-in/:user')
  @HttpCode(200)
  signIn(@Req() request: RequestLike, @Param('user') user: string) {
    return this.sessions.signIn(request, { id: user });
  }

  @Post('sign-out')
  @HttpCode(200)
  async signOut(@Req() request: RequestLike) {
    await this.sessions.signOut(request);
    return { isSignedOut: true };
  }

  @Post('regenerate')
  @HttpCode(200)
  async regenerate(@Session() session: AnySession) {
    await session.regenerate();
    return { id: session.id };
  }

  @UseGuards(SessionGuard)
  @Get('account')
  account(@Req() request: RequestLike) {
    return { user: this.sessions.describe(request)?.userId };
  }

  @Get('cart')
  cart(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @Put('cart/:item')
  put(@Session() session: AnySession, @Param('item') item: string) {
    session['cart'] = item;
    return { cart: item };
  }

  @Post('visits')
  @HttpCode(200)
  async visit(@Session() session: CountingSession) {
    return { visits: await session.increment('visits') };
  }

  @Get('visits')
  visits(@Session() session: CountingSession) {
    return { visits: session.visits ?? 0 };
  }

  /** Needs no session. */
  @Get('prices')
  prices() {
    return { book: 12 };
  }
}

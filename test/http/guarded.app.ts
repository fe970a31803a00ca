import { Body, Controller, Get, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  CurrentUser,
  Public,
  type RequestLike,
  Session,
  SessionGuard,
  type SessionInfo,
  type SessionModuleOptions,
  SessionService,
} from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import type { Platform } from '../support/platforms.js';
import type { AnySession } from '../support/stage.js';

export const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

@Controller('account')
export class AccountController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Public()
  @Post('sign-in')
  @HttpCode(200)
  signIn(@Req() request: RequestLike, @Body() body: { id: string }): Promise<SessionInfo> {
    return this.sessions.signIn(request, body);
  }

  @Public()
  @Post('visit')
  visit(@Session() session: AnySession): void {
    session['visited'] = true;
  }

  @Post('sign-out')
  @HttpCode(204)
  signOut(@Req() request: RequestLike): Promise<void> {
    return this.sessions.signOut(request);
  }

  @Post('regenerate')
  @HttpCode(204)
  regenerate(@Req() request: RequestLike): Promise<void> {
    return this.sessions.regenerate(request);
  }

  @Get('me')
  me(@CurrentUser() user: unknown, @CurrentUser('address.city') city: string | undefined) {
    return { user, city: city ?? null };
  }

  @Public()
  @Get('maybe')
  maybe(@CurrentUser() user: unknown) {
    return { user };
  }

  @Get('request-user')
  requestUser(@Req() request: { user?: unknown }) {
    return { user: request.user };
  }

  @Post('become')
  async become(
    @Req() request: RequestLike,
    @Body() body: { id: string },
    @CurrentUser('name') before: string,
  ) {
    await this.sessions.signIn(request, body);
    return { before };
  }
}

@Public()
@Controller('open')
export class OpenController {
  @Get()
  everybody() {
    return { open: true };
  }
}

@Controller('by-method')
export class MethodGuardedController {
  @UseGuards(SessionGuard)
  @Get('guarded')
  guarded() {
    return { in: true };
  }

  @Get('open')
  everybody() {
    return { open: true };
  }
}

@UseGuards(SessionGuard)
@Controller('by-controller')
export class GuardedController {
  @Get('guarded')
  guarded() {
    return { in: true };
  }

  @Public()
  @Get('open')
  everybody() {
    return { open: true };
  }
}

export const GLOBAL_GUARD = { provide: APP_GUARD, useClass: SessionGuard };

export function startGuarded(platform: Platform, session: SessionModuleOptions = {}): Promise<TestApp> {
  return startApp(platform, {
    controllers: [AccountController, OpenController],
    providers: [GLOBAL_GUARD],
    session,
  });
}

export const signIn = (client: Client, id = 'alice', userAgent = FIREFOX) =>
  client.post('/account/sign-in', { id }, { headers: { 'User-Agent': userAgent } });

import { Body, Controller, Get, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import {
  type RequestLike,
  Session,
  SessionCsrfGuard,
  SessionGuard,
  SessionService,
} from 'nestjs-redis-session';
import type { AnySession } from '../../support/stage.js';

/** Routes that use sessions in every way that metrics tell apart. */
@Controller()
export class DeskController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Post('sign-in')
  @HttpCode(204)
  async signIn(@Req() request: RequestLike, @Body() { id }: { id: string }): Promise<void> {
    await this.sessions.signIn(request, { id });
  }

  @Post('sign-out')
  @HttpCode(204)
  signOut(@Req() request: RequestLike): Promise<void> {
    return this.sessions.signOut(request);
  }

  @Post('write')
  @HttpCode(204)
  write(@Session() session: AnySession, @Body() fields: object): void {
    Object.assign(session, fields);
  }

  @Get('read')
  read(@Session() session: AnySession): object {
    return { ...session };
  }

  @UseGuards(SessionCsrfGuard)
  @Post('guarded')
  guarded(): void {
    // Only the guard matters.
  }

  @UseGuards(SessionGuard)
  @Get('me')
  me(): object {
    return {};
  }
}

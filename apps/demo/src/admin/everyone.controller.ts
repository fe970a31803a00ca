import { Body, Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { IsBoolean, IsOptional } from 'class-validator';
import type { RequestWithSession } from 'nestjs-redis-session';
import { RecentSignIn, SessionService } from 'nestjs-redis-session';
import { AdminGuard } from './admin.guard.js';

class RevokeEveryoneOptions {
  /** True to keep the administrator's current session. By default it ends too, because its cookie may be stolen. */
  @IsOptional()
  @IsBoolean()
  readonly keepMine?: boolean;
}

/** Signs out all users, for use after a security breach. */
@Controller('api/admin')
@UseGuards(AdminGuard)
export class EveryoneController {
  constructor(private readonly sessions: SessionService) {}

  /** Leaves `by` out, so that the users do not see the administrator's device and address. */
  @Post('revoke-everyone')
  @HttpCode(200)
  @RecentSignIn('5m')
  async revoke(
    @Req() request: RequestWithSession,
    @Body() { keepMine = false }: RevokeEveryoneOptions,
  ): Promise<{ revoked: number }> {
    return { revoked: await this.sessions.revokeEveryone(keepMine ? { except: request } : {}) };
  }
}

import { Body, Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { IsBoolean, IsOptional } from 'class-validator';
import type { RequestWithSession } from 'nestjs-redis-session';
import { RecentSignIn, SessionService } from 'nestjs-redis-session';
import { AdminGuard } from './admin.guard.js';

class WhomToSpare {
  /** Whether the administrator's own session lives on. It ends too unless asked for: its cookie may be stolen as well. */
  @IsOptional()
  @IsBoolean()
  readonly keepMine?: boolean;
}

/** What is done after a breach. */
@Controller('api/admin')
@UseGuards(AdminGuard)
export class EveryoneController {
  constructor(private readonly sessions: SessionService) {}

  /** Nobody is told from where: the administrator's address is nothing for all users to know. */
  @Post('revoke-everyone')
  @HttpCode(200)
  @RecentSignIn('5m')
  async revoke(
    @Req() request: RequestWithSession,
    @Body() { keepMine = false }: WhomToSpare,
  ): Promise<{ revoked: number }> {
    return { revoked: await this.sessions.revokeEveryone(keepMine ? { except: request } : {}) };
  }
}

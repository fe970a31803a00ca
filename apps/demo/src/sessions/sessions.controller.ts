import { Controller, Delete, Get, HttpCode, NotFoundException, Param, Post, Req } from '@nestjs/common';
import type { RequestWithSession, SessionInfo } from 'nestjs-redis-session';
import { CurrentUser, Public, RecentSignIn, Session, SessionService } from 'nestjs-redis-session';

/** The maximum age of a sign-in for ending other sessions. */
const RECENT = '15m';

/** The routes of a "your devices" page. */
@Controller('api')
export class SessionsController {
  constructor(private readonly sessions: SessionService) {}

  @Get('session')
  @Public()
  current(@Session() session: Session): SessionInfo | { id: null; userId: null } {
    return this.sessions.describe(session) ?? { id: null, userId: null };
  }

  @Get('sessions')
  async list(
    @CurrentUser('id') userId: string,
    @Session() session: Session,
  ): Promise<(SessionInfo & { current: boolean })[]> {
    const sessions = await this.sessions.list(userId);
    return sessions.map((each) => ({ ...each, current: each.id === session.id }));
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @RecentSignIn(RECENT)
  async revoke(
    @Param('id') id: string,
    @CurrentUser('id') userId: string,
    @Req() request: RequestWithSession,
  ): Promise<void> {
    if (await this.sessions.revoke(id, { ownedBy: userId, by: request })) return;
    throw new NotFoundException('You have no session with this id.');
  }

  @Post('sessions/revoke-others')
  @HttpCode(200)
  @RecentSignIn(RECENT)
  async revokeOthers(@Session() session: Session): Promise<{ revoked: number }> {
    return { revoked: await this.sessions.revokeOthers(session) };
  }
}

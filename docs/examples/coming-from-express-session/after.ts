// The same application as before.ts, with nestjs-redis-session. The tests run both.
import { Body, Controller, Get, Module, Post, UnauthorizedException, UseGuards } from '@nestjs/common';
import { CurrentUser, Session, SessionGuard, SessionModule, SessionService } from 'nestjs-redis-session';

// #region controller
@Controller()
class AccountController {
  constructor(private readonly sessions: SessionService) {}

  @Post('login')
  async login(@Body() body: { name: string; password: string }, @Session() session: Session) {
    if (body.password !== 'secret') throw new UnauthorizedException();
    await this.sessions.signIn(session, { id: body.name });
    return { userId: body.name };
  }

  @Get('me')
  @UseGuards(SessionGuard)
  async me(@CurrentUser('id') id: string, @Session() session: Session<{ visits: number }>) {
    return { id, visits: await session.increment('visits') };
  }

  @Post('logout')
  logout(@Session() session: Session) {
    return this.sessions.signOut(session);
  }
}
// #endregion controller

// #region module
@Module({
  imports: [
    SessionModule.forRoot({
      redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
      idle: '30m',
      absolute: '12h',
      cookie: { secure: 'auto' },
    }),
  ],
  controllers: [AccountController],
})
export class AppModule {}
// #endregion module

import { Body, Controller, Delete, Get, Post, UnauthorizedException } from '@nestjs/common';
import { CurrentUser, Public, Session, SessionService } from 'nestjs-redis-session';

@Controller()
export class AuthController {
  constructor(private readonly sessions: SessionService) {}

  @Public() // … except this one
  @Post('login')
  login(@Body() body: { name: string; password: string } | undefined, @Session() session: Session) {
    if (body?.password !== 'secret') throw new UnauthorizedException(); // verify the password here
    return this.sessions.signIn(session, { id: body.name });
  }

  @Get('me')
  async me(@CurrentUser('id') id: string, @Session() session: Session<{ visits: number }>) {
    return { id, visits: await session.increment('visits') };
  }

  @Get('devices')
  devices(@CurrentUser('id') id: string) {
    return this.sessions.list(id);
  }

  @Delete('devices')
  async signOutEverywhereElse(@Session() session: Session) {
    return { ended: await this.sessions.revokeOthers(session) };
  }

  @Public()
  @Post('logout')
  logout(@Session() session: Session) {
    return this.sessions.signOut(session);
  }
}

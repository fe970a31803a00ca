import { Controller, Get, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { RequestWithSession, SessionInfo } from 'nestjs-redis-session';
import { CurrentUser, Public, Session, SessionService } from 'nestjs-redis-session';
import type { User } from '../users/user.js';

interface SignedIn {
  readonly user: User;
  readonly session: SessionInfo | null;
}

@Controller('api')
export class AuthController {
  constructor(private readonly sessions: SessionService) {}

  @Post('login')
  @HttpCode(200)
  @Public()
  @UseGuards(AuthGuard('local'))
  async login(@Req() request: RequestWithSession & { readonly user: User }): Promise<SignedIn> {
    const { user } = request;
    return { user, session: await this.sessions.signIn(request, user) };
  }

  @Post('logout')
  @HttpCode(204)
  @Public()
  logout(@Session() session: Session): Promise<void> {
    return this.sessions.signOut(session);
  }

  @Get('me')
  me(@CurrentUser() user: User, @Session() session: Session): SignedIn {
    return { user, session: this.sessions.describe(session) };
  }
}

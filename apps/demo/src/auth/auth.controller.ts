import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  HttpCode,
  Post,
  Put,
  Req,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { RequestWithSession, SessionInfo } from 'nestjs-redis-session';
import { CurrentUser, Public, RecentSignIn, Session, SessionService } from 'nestjs-redis-session';
import type { User } from '../users/user.js';
import { UsersService } from '../users/users.service.js';
import { NewPassword, SignInChoices } from './auth.dto.js';

interface SignedIn {
  readonly user: User;
  readonly session: SessionInfo | null;
}

@Controller('api')
export class AuthController {
  constructor(
    private readonly sessions: SessionService,
    private readonly users: UsersService,
  ) {}

  @Post('login')
  @HttpCode(200)
  @Public()
  @UseGuards(AuthGuard('local'))
  async login(
    @Req() request: RequestWithSession & { readonly user: User },
    @Body() { end, onExceed }: SignInChoices,
  ): Promise<SignedIn> {
    const { user } = request;
    // The password is correct, so the client may end a session of this user without being signed in.
    if (end !== undefined) await this.sessions.revoke(end, { ownedBy: user.id, by: request });
    return { user, session: await this.sessions.signIn(request, user, { ...(onExceed && { onExceed }) }) };
  }

  @Post('logout')
  @HttpCode(204)
  @Public()
  logout(@Session() session: Session): Promise<void> {
    return this.sessions.signOut(session);
  }

  /** Changes the password, rotates the token of this session and revokes the user's other sessions. */
  @Put('password')
  @RecentSignIn('5m')
  async changePassword(
    @Body() { currentPassword, password }: NewPassword,
    @CurrentUser() { id: userId, username }: User,
    @Req() request: RequestWithSession,
  ): Promise<{ revoked: number }> {
    // A signed-in browser alone must not be enough to lock its user out (OWASP ASVS 5.0, 6.2.3).
    if (!(await this.users.authenticate(username, currentPassword))) {
      throw new ForbiddenException('The current password is incorrect.');
    }
    await this.users.changePassword(userId, password);
    const revoked = await this.sessions.revokeOthers(request);
    await this.sessions.regenerate(request);
    return { revoked };
  }

  @Get('me')
  me(@CurrentUser() user: User, @Session() session: Session): SignedIn {
    return { user, session: this.sessions.describe(session) };
  }
}

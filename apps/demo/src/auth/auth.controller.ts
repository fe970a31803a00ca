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
    // The password was right, which is as good as a session of this user's own to end another one with.
    if (end !== undefined) await this.sessions.revoke(end, { ownedBy: user.id, by: request });
    return { user, session: await this.sessions.signIn(request, user, { ...(onExceed && { onExceed }) }) };
  }

  @Post('logout')
  @HttpCode(204)
  @Public()
  logout(@Session() session: Session): Promise<void> {
    return this.sessions.signOut(session);
  }

  /** A new password: the session gets a new token, and the user's other ones end. */
  @Put('password')
  @RecentSignIn('5m')
  async changePassword(
    @Body() { currentPassword, password }: NewPassword,
    @CurrentUser() { id: userId, username }: User,
    @Req() request: RequestWithSession,
  ): Promise<{ revoked: number }> {
    // A browser left unlocked is enough to be signed in, and must not be enough to lock its user out (ASVS 6.2.3).
    if (!(await this.users.authenticate(username, currentPassword))) {
      throw new ForbiddenException('The current password is wrong.');
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

import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Module,
  NotFoundException,
  Param,
  Post,
  Put,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import {
  CurrentUser,
  RecentSignIn,
  Session,
  SessionGuard,
  SessionModule,
  SessionService,
} from 'nestjs-redis-session';
import { Users } from './users.js';

// #region devices
@Controller('devices')
@UseGuards(SessionGuard)
class DevicesController {
  constructor(private readonly sessions: SessionService) {}

  @Get()
  async list(@CurrentUser('id') userId: string, @Session() session: Session) {
    const all = await this.sessions.list(userId);
    return all.map((info) => ({ ...info, isThisOne: info.id === session.id }));
  }

  @Delete(':id')
  @HttpCode(204)
  async end(@Param('id') id: string, @CurrentUser('id') userId: string) {
    const isEnded = await this.sessions.revoke(id, { ownedBy: userId });
    if (!isEnded) throw new NotFoundException();
  }

  @Post('sign-out-everywhere-else')
  async others(@Session() session: Session) {
    return { ended: await this.sessions.revokeOthers(session) };
  }
}
// #endregion devices

// #region password
@Controller('account')
@UseGuards(SessionGuard)
class AccountController {
  constructor(private readonly sessions: SessionService) {}

  @Post('password')
  @HttpCode(204)
  async changePassword(@CurrentUser('id') userId: string, @Session() session: Session) {
    // … check the current password, store the new one, and then:
    await this.sessions.signIn(session, { id: userId }); // a new token; lifetimes are kept
    await this.sessions.revokeOthers(session); // ends all other sessions
  }

  @Post('close')
  @HttpCode(204)
  async close(@CurrentUser('id') userId: string) {
    // … disable the account, so that new sign-ins fail, and then:
    await this.sessions.revokeAll(userId);
  }
}
// #endregion password

// #region recent
@Controller('profile')
@UseGuards(SessionGuard)
class ProfileController {
  @Put('email')
  @HttpCode(204)
  @RecentSignIn('5m')
  changeEmail() {
    // … the address for password resets
  }
}
// #endregion recent

// #region confirm
@Controller('confirm-password')
@UseGuards(SessionGuard)
class ConfirmPasswordController {
  constructor(
    private readonly sessions: SessionService,
    private readonly users: Users,
  ) {}

  @Post()
  @HttpCode(204)
  async confirm(
    @CurrentUser('id') userId: string,
    @Body('password') password: string,
    @Session() session: Session,
  ) {
    const user = await this.users.authenticate(userId, password);
    if (!user) throw new UnauthorizedException();
    await this.sessions.signIn(session, user); // a new token; the session's timeouts stay
  }
}
// #endregion confirm

@Module({
  imports: [SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })],
  controllers: [DevicesController, AccountController, ProfileController, ConfirmPasswordController],
  providers: [Users],
})
export class AppModule {}

import { Controller, Module, Post, UseGuards } from '@nestjs/common';
import {
  CurrentUser,
  Session,
  SessionGuard,
  SessionModule,
  SessionService,
  type TimeoutInput,
} from 'nestjs-redis-session';
import { type User, Users } from './users.js';

@Module({ providers: [Users], exports: [Users] })
class UsersModule {}

// #region functions
/** Returns shorter timeouts for administrators, and for all users at night. */
export function idleTimeout({ user, activity }: TimeoutInput) {
  const isNight = activity !== null && activity.at.getHours() < 6;
  return isNight || (user as User | null)?.role === 'admin' ? '5m' : '30m';
}

@Module({
  imports: [
    SessionModule.forRootAsync({
      imports: [UsersModule],
      inject: [Users],
      useFactory: (users: Users) => ({
        redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
        idle: idleTimeout,
        absolute: ({ user }) => ((user as User | null)?.role === 'admin' ? '1h' : '12h'),
        users: { load: (id) => users.find(id) },
      }),
    }),
  ],
})
export class SessionsModule {}
// #endregion functions

// #region until
@Controller('exam')
@UseGuards(SessionGuard)
class ExamController {
  constructor(private readonly sessions: SessionService) {}

  @Post('begin')
  begin(@CurrentUser() user: User, @Session() session: Session) {
    const end = new Date(Date.now() + 90 * 60_000);
    return this.sessions.signIn(session, user, { idle: 'none', absolute: end });
  }
}
// #endregion until

@Controller('auth')
class AuthController {
  constructor(
    private readonly sessions: SessionService,
    private readonly users: Users,
  ) {}

  @Post('as-admin')
  async asAdmin(@Session() session: Session) {
    return this.sessions.signIn(session, (await this.users.find('root')) as User);
  }
}

@Module({ imports: [SessionsModule, UsersModule], controllers: [AuthController, ExamController] })
export class AppModule {}

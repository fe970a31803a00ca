import { Body, Controller, Module, Post, UnauthorizedException } from '@nestjs/common';
import { Session, SessionModule, SessionService } from 'nestjs-redis-session';
import { Users } from './users.js';

@Controller()
class AuthController {
  constructor(
    private readonly sessions: SessionService,
    private readonly users: Users,
  ) {}

  @Post('login')
  async login(@Body() body: { name: string; password: string }, @Session() session: Session) {
    const user = await this.users.authenticate(body.name, body.password);
    if (!user) throw new UnauthorizedException();
    return this.sessions.signIn(session, user);
  }
}

// #region limit
@Module({
  imports: [
    SessionModule.forRoot({
      redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
      limit: {
        max: (user) => ('role' in user && user.role === 'admin' ? 1 : 3),
        onExceed: 'reject',
      },
    }),
  ],
  controllers: [AuthController],
  providers: [Users],
})
export class AppModule {}
// #endregion limit

import { Body, Controller, Module, Post, UnauthorizedException } from '@nestjs/common';
import { Session, SessionModule, SessionService } from 'nestjs-redis-session';
import { Users } from './users.js';

// #region options
interface Credentials {
  readonly name: string;
  readonly password: string;
  readonly keepMeSignedIn?: boolean;
}

@Controller()
class AuthController {
  constructor(
    private readonly sessions: SessionService,
    private readonly users: Users,
  ) {}

  @Post('login')
  async login(@Body() { name, password, keepMeSignedIn }: Credentials, @Session() session: Session) {
    const user = await this.users.authenticate(name, password);
    if (!user) throw new UnauthorizedException();
    if (user.role === 'admin') return this.sessions.signIn(session, user, { idle: '5m', absolute: '1h' });
    if (!keepMeSignedIn) return this.sessions.signIn(session, user);
    return this.sessions.signIn(session, user, { idle: '14 days', absolute: '30 days', persistent: true });
  }
}
// #endregion options

@Module({
  imports: [SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })],
  controllers: [AuthController],
  providers: [Users],
})
export class AppModule {}

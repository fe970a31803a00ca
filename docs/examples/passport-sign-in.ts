import { Controller, Injectable, Module, Post, Req, UnauthorizedException, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import type { RequestWithSession } from 'nestjs-redis-session';
import { Public, SessionModule, SessionService } from 'nestjs-redis-session';
import { Strategy } from 'passport-local';
import type { User } from './users.js';
import { Users } from './users.js';

// #region sign-in
@Injectable()
class LocalStrategy extends PassportStrategy(Strategy) {
  constructor(private readonly users: Users) {
    super();
  }

  async validate(username: string, password: string): Promise<User> {
    const user = await this.users.authenticate(username, password);
    if (!user) throw new UnauthorizedException();
    return user;
  }
}

@Controller()
class AuthController {
  constructor(private readonly sessions: SessionService) {}

  @Public() // exempt from a global SessionGuard
  @Post('login')
  @UseGuards(AuthGuard('local'))
  login(@Req() request: RequestWithSession & { readonly user: User }) {
    return this.sessions.signIn(request, request.user);
  }
}
// #endregion sign-in

@Module({
  imports: [SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })],
  controllers: [AuthController],
  providers: [LocalStrategy, Users],
})
export class AppModule {}

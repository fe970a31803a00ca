import type { ExecutionContext, INestApplication } from '@nestjs/common';
import {
  Controller,
  Get,
  Injectable,
  Module,
  Post,
  Req,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard, PassportModule, PassportSerializer, PassportStrategy } from '@nestjs/passport';
import { CurrentUser, Public, SessionGuard, SessionModule } from 'nestjs-redis-session';
import passport from 'passport';
import { Strategy } from 'passport-local';
import type { User } from './users.js';
import { Users } from './users.js';

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

type Done = (error: unknown, value?: unknown) => void;

// #region serializer
@Injectable()
class UserSerializer extends PassportSerializer {
  constructor(private readonly users: Users) {
    super();
  }

  serializeUser(user: User, done: Done): void {
    done(null, user.id);
  }

  deserializeUser(id: string, done: Done): void {
    this.users.find(id).then((user) => done(null, user ?? false), done);
  }
}

@Injectable()
class LoginGuard extends AuthGuard('local') {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    await super.canActivate(context);
    await super.logIn(context.switchToHttp().getRequest()); // passport's own request.logIn()
    return true;
  }
}

@Controller()
class AuthController {
  @Public()
  @Post('login')
  @UseGuards(LoginGuard)
  login(@CurrentUser() user: User) {
    return user;
  }

  @Get('me')
  @UseGuards(SessionGuard)
  me(@CurrentUser() user: User) {
    return user;
  }

  @Post('logout')
  logout(@Req() request: { logOut(done: (error?: unknown) => void): void }) {
    return new Promise<void>((resolve, reject) => {
      request.logOut((error) => (error instanceof Error ? reject(error) : resolve()));
    });
  }
}
// #endregion serializer

@Module({
  imports: [
    PassportModule.register({ session: true }),
    SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' }),
  ],
  controllers: [AuthController],
  providers: [LocalStrategy, UserSerializer, Users],
})
export class AppModule {}

// #region main
/** Mounts passport. Call this in main.ts between `NestFactory.create()` and `app.listen()`; sessions are mounted by then. */
export function usePassport(app: INestApplication): void {
  app.use(passport.initialize());
  app.use(passport.session());
}
// #endregion main

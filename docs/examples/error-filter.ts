import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Body, Catch, Controller, Module, Post, UseFilters } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  isSessionError,
  Session,
  SessionLimitError,
  SessionModule,
  SessionService,
} from 'nestjs-redis-session';

// #region codes
/** Signs in. Returns false if the user has too many sessions. */
export async function trySignIn(sessions: SessionService, session: Session, id: string): Promise<boolean> {
  try {
    await sessions.signIn(session, { id });
    return true;
  } catch (error) {
    if (isSessionError(error, 'SESSION_LIMIT_REACHED')) return false;
    throw error;
  }
}
// #endregion codes

// #region filter
@Catch(SessionLimitError)
class TooManySessionsFilter implements ExceptionFilter<SessionLimitError> {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: SessionLimitError, context: ArgumentsHost): void {
    const body = {
      code: 'TOO_MANY_SESSIONS',
      sessions: error.live.map(({ id, device }) => ({ id, device })),
    };
    this.host.httpAdapter.reply(context.switchToHttp().getResponse(), body, error.statusCode);
  }
}

@Controller()
@UseFilters(TooManySessionsFilter)
class AuthController {
  constructor(private readonly sessions: SessionService) {}

  @Post('login')
  login(@Body('name') name: string, @Session() session: Session) {
    return this.sessions.signIn(session, { id: name });
  }
}
// #endregion filter

@Module({
  imports: [
    SessionModule.forRoot({
      redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
      limit: { max: 1, onExceed: 'reject' },
    }),
  ],
  controllers: [AuthController],
})
export class AppModule {}

import type { CanActivate, ExecutionContext, MiddlewareConsumer, NestModule } from '@nestjs/common';
import { Controller, Get, HttpCode, Injectable, Module, Post, Req, UseGuards } from '@nestjs/common';
import type { RequestLike } from 'nestjs-redis-session';
import {
  CurrentUser,
  eagerSession,
  Session,
  SessionGuard,
  SessionModule,
  SessionService,
} from 'nestjs-redis-session';
import type { RequestHandler } from 'express';
import passport from 'passport';

// #region guard
@Injectable()
class BetaGuard implements CanActivate {
  constructor(private readonly sessions: SessionService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<RequestLike>();
    const session = await this.sessions.load<{ beta: boolean }>(request);
    return session.beta === true;
  }
}
// #endregion guard

@Controller()
class AuthController {
  constructor(private readonly sessions: SessionService) {}

  @Post('login')
  login(@Req() request: RequestLike) {
    return this.sessions.signIn(request, { id: 'alice' });
  }

  @Post('join-beta')
  @HttpCode(204)
  joinBeta(@Session() session: Session<{ beta: boolean }>): void {
    session.beta = true;
  }

  @Get('beta')
  @UseGuards(BetaGuard)
  beta() {
    return { isIn: true };
  }
}

// #region routes
@Controller()
class ShopController {
  // Sends no command to Redis.
  @Get('prices')
  prices() {
    return { kite: 25 };
  }

  // Loads the session, because a parameter needs it.
  @Get('cart')
  cart(@Session() session: Session<{ cart: string[] }>) {
    return session.cart ?? [];
  }

  // Loads it once: in the guard.
  @UseGuards(SessionGuard)
  @Get('orders')
  orders(@CurrentUser('id') userId: string) {
    return { userId };
  }
}
// #endregion routes

@Controller('health')
class HealthController {
  @Get()
  check() {
    return { status: 'ok' };
  }
}

@Controller('admin')
class AdminController {
  @Get()
  user(@Req() { user }: { user?: unknown }) {
    return { user: user ?? null };
  }
}

// #region passport
@Module({ controllers: [AdminController] })
class AdminModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    const session = passport.session() as RequestHandler;
    consumer.apply(eagerSession, passport.initialize(), session).forRoutes(AdminController);
  }
}
// #endregion passport

// #region module
@Module({
  imports: [
    SessionModule.forRoot({
      redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
      load: 'lazy',
      exclude: ['/health', '/assets/*', /^\/favicon\./],
    }),
    AdminModule,
  ],
  controllers: [AuthController, ShopController, HealthController],
})
export class AppModule {}
// #endregion module

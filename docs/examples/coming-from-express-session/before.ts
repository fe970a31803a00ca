// The same application as after.ts, with express-session and connect-redis. The tests run both.
import { Body, Controller, Get, Module, Post, Req, Res, UnauthorizedException } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { RedisStore } from 'connect-redis';
import type { Request, Response } from 'express';
import expressSession from 'express-session';
import { createClient } from 'redis';

// #region controller
@Controller()
class AccountController {
  @Post('login')
  login(@Body() body: { name: string; password: string }, @Req() request: Request) {
    if (body.password !== 'secret') throw new UnauthorizedException();
    return new Promise<object>((resolve, reject) => {
      request.session.regenerate((error) => {
        if (error) return reject(error);
        request.session.userId = body.name;
        resolve({ userId: body.name });
      });
    });
  }

  @Get('me')
  me(@Req() request: Request) {
    if (request.session.userId === undefined) throw new UnauthorizedException();
    request.session.visits = (request.session.visits ?? 0) + 1;
    return { id: request.session.userId, visits: request.session.visits };
  }

  @Post('logout')
  logout(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    return new Promise<void>((resolve, reject) => {
      request.session.destroy((error) => {
        if (error) return reject(error);
        response.clearCookie('shop.sid');
        resolve();
      });
    });
  }
}
// #endregion controller

@Module({ controllers: [AccountController] })
export class AppModule {}

// #region main
const client = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' });

/** Mounts express-session. Called in main.ts between `NestFactory.create()` and `app.listen()`. */
export async function useSessions(app: INestApplication): Promise<void> {
  await client.connect();
  app.use(
    expressSession({
      store: new RedisStore({ client, prefix: 'shop:' }),
      secret: process.env.SESSION_SECRET ?? 'a long random text',
      name: 'shop.sid',
      resave: false,
      saveUninitialized: false,
      rolling: true,
      cookie: { secure: 'auto', maxAge: 30 * 60 * 1000 },
    }),
  );
}
// #endregion main

/** Closes the connection, which would keep the process of a test running. */
export function close(): void {
  client.destroy();
}

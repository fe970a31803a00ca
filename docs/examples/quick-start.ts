import { Body, Controller, Get, Module, Post, UnauthorizedException, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CurrentUser, Session, SessionGuard, SessionModule, SessionService } from 'nestjs-redis-session';

@Controller()
class AppController {
  constructor(private readonly sessions: SessionService) {}

  @Post('login')
  login(@Body() body: { name: string; password: string } | undefined, @Session() session: Session) {
    if (body?.password !== 'secret') throw new UnauthorizedException(); // your own check goes here
    return this.sessions.signIn(session, { id: body.name });
  }

  @Get('me')
  @UseGuards(SessionGuard)
  async me(@CurrentUser('id') id: string, @Session() session: Session<{ visits: number }>) {
    return { id, visits: await session.increment('visits') };
  }
}

const redis = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

@Module({
  imports: [SessionModule.forRoot({ redis, cookie: { secure: 'auto' } })],
  controllers: [AppController],
})
class AppModule {}

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
void bootstrap();

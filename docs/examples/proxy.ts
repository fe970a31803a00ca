import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Session, SessionModule } from 'nestjs-redis-session';

@Controller()
class AppController {
  @Get()
  visit(@Session() session: Session<{ hasVisited: boolean }>) {
    session.hasVisited = true;
  }
}

@Module({
  imports: [
    SessionModule.forRoot({
      redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
      cookie: { secure: 'auto' },
    }),
  ],
  controllers: [AppController],
})
class AppModule {}

// #region express
export async function createOnExpress(): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule);
  app.set('trust proxy', '127.0.0.1'); // address of the proxy
  return app;
}
// #endregion express

// #region fastify
export function createOnFastify(): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({ trustProxy: '127.0.0.1' }); // address of the proxy
  return NestFactory.create<NestFastifyApplication>(AppModule, adapter);
}
// #endregion fastify

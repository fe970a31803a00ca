import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SessionModule, SessionService } from 'nestjs-redis-session';

@Module({
  imports: [SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })],
})
export class AppModule {}

// #region command
/** A command for the operator: ends all sessions of a user, without an HTTP server. */
export async function endAllSessionsOf(userId: string): Promise<number> {
  const app = await NestFactory.createApplicationContext(AppModule);
  try {
    return await app.get(SessionService).revokeAll(userId);
  } finally {
    await app.close();
  }
}
// #endregion command

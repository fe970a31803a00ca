import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout } from 'node:timers/promises';
import { SessionModule, SessionService, SessionUnavailableError } from 'nestjs-redis-session';

@Module({
  imports: [SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })],
})
export class AppModule {}

// #region command
/** Ends all sessions of a user from an operator's command, without an HTTP server. */
export async function endAllSessionsOf(userId: string): Promise<number> {
  const app = await NestFactory.createApplicationContext(AppModule);
  try {
    return await app.get(SessionService).revokeAll(userId);
  } finally {
    await app.close();
  }
}
// #endregion command

// #region everyone
/** Ends the sessions of all users, for instance after a breach, in at most five attempts. */
export async function endAllSessions(): Promise<number> {
  const app = await NestFactory.createApplicationContext(AppModule);
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await app.get(SessionService).revokeEveryone();
      } catch (error) {
        if (!(error instanceof SessionUnavailableError) || attempt === 5) throw error;
        await setTimeout(1_000);
      }
    }
  } finally {
    await app.close();
  }
}
// #endregion everyone

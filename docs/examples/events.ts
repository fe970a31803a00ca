import type { OnModuleInit } from '@nestjs/common';
import { Injectable, Logger, Module } from '@nestjs/common';
import { SessionEvents, SessionModule } from 'nestjs-redis-session';

// #region events
@Injectable()
export class SessionAudit implements OnModuleInit {
  private readonly logger = new Logger('Sessions');

  constructor(private readonly events: SessionEvents) {}

  onModuleInit(): void {
    this.events.on('signed-in', ({ userId, device, address }) =>
      this.logger.log(`${userId} signed in with ${device} from ${address}`),
    );
    this.events.on('token-reused', ({ sessionId, userId, isRevoked }) =>
      this.logger.warn(`An old token of session ${sessionId} (${userId}) was used. Ended: ${isRevoked}`),
    );
    this.events.on('*', ({ type, at }) => this.logger.debug(`${new Date(at).toISOString()} ${type}`));
  }
}
// #endregion events

@Module({
  imports: [SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })],
  providers: [SessionAudit],
})
export class AppModule {}

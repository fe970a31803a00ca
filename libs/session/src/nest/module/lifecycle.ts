import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { SessionCache } from '../../cache/session-cache.js';
import type { SessionStore } from '../../core/store/store.js';
import type { RedisConnection } from '../../redis/client.js';
import type { ActiveTelemetry } from './start-telemetry.js';
import { REDIS_CONNECTION, SESSION_STORE, SESSION_TELEMETRY } from '../session.tokens.js';

/** Keeps the connection and the store open until the last request has been answered, and closes them then. */
@Injectable()
export class SessionLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(SESSION_STORE) private readonly store: SessionStore,
    @Inject(REDIS_CONNECTION) private readonly connection: RedisConnection | null,
    @Inject(SessionCache) private readonly cache: SessionCache,
    @Inject(SESSION_TELEMETRY) private readonly telemetry: ActiveTelemetry,
  ) {}

  onApplicationBootstrap(): void {
    this.connection?.holdProcess();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.telemetry.close();
    await this.cache.close();
    await this.store.close?.();
    await this.connection?.close();
  }
}

import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { SessionCache } from './cache/session-cache.js';
import { SessionEvents } from './core/events.js';
import type { OPTIONS_TYPE } from './session.module-definition.js';
import { ConfigurableModuleClass } from './session.module-definition.js';
import { sessionProviders } from './session.providers.js';
import { SessionHealth } from './session.health.js';
import { SessionService } from './session.service.js';
import { RESOLVED_OPTIONS, SESSION_REDIS, SESSION_RUNTIME, SESSION_STORE } from './session.tokens.js';

/**
 * Server-side sessions for the whole application, on Express and on Fastify.
 *
 * @example
 * @Module({ imports: [SessionModule.forRoot({ redis: 'redis://127.0.0.1:6379' })] })
 * class AppModule {}
 */
@Module({
  providers: sessionProviders,
  exports: [
    SessionService,
    SessionHealth,
    SessionEvents,
    SessionCache,
    SESSION_STORE,
    SESSION_REDIS,
    SESSION_RUNTIME,
    RESOLVED_OPTIONS,
  ],
})
export class SessionModule extends ConfigurableModuleClass {
  /**
   * Sets sessions up. Without options they live in memory, for development.
   *
   * @throws SessionOptionsError at start, when an option is wrong or Redis cannot be reached
   */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }
}

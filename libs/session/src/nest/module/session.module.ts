import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { SessionCache } from '../../cache/session-cache.js';
import { SessionEvents } from '../../core/runtime/events.js';
import { checkIsOptions } from '../../options/resolve.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './module-definition.js';
import { ConfigurableModuleClass } from './module-definition.js';
import { checkAsyncOptions, withCheckedFactory } from './module-options.js';
import { sessionProviders } from './providers.js';
import { introduce, thisCopy } from './package-copies.js';
import { IS_SESSION_MODULE } from './single-module.js';
import { SessionHealth } from '../session.health.js';
import { SessionService } from '../session.service.js';
import {
  RESOLVED_OPTIONS,
  SESSION_REDIS,
  SESSION_RUNTIME,
  SESSION_STORE,
  SESSION_TRANSPORT,
} from '../session.tokens.js';

/** Providers whose token is their class. */
const CLASSES = { SessionService, SessionHealth, SessionEvents, SessionCache };

const sessionExports = [
  ...Object.values(CLASSES),
  SESSION_STORE,
  SESSION_REDIS,
  SESSION_RUNTIME,
  SESSION_TRANSPORT,
  RESOLVED_OPTIONS,
];

introduce(thisCopy({ classes: CLASSES, providers: sessionProviders, exports: sessionExports }));

/**
 * Server-side sessions for the whole application, on Express and on Fastify. One application imports it once.
 *
 * @example
 * @Module({ imports: [SessionModule.forRoot({ redis: 'redis://127.0.0.1:6379' })] })
 * class AppModule {}
 */
@Module({ providers: sessionProviders, exports: sessionExports })
export class SessionModule extends ConfigurableModuleClass {
  /** @internal */
  static readonly [IS_SESSION_MODULE] = true;

  /**
   * Configures sessions. Without options, sessions are kept in memory, for development.
   *
   * @throws SessionOptionsError if the argument is not an object; at startup also if an option is invalid or Redis is
   *   unavailable
   */
  static override forRoot(...given: [options?: typeof OPTIONS_TYPE]): DynamicModule {
    // An explicit `undefined` differs from no argument, because it hides a missing variable.
    const options = given.length === 0 ? {} : given[0];
    checkIsOptions(options);
    return super.forRoot(options as typeof OPTIONS_TYPE);
  }

  /**
   * Configures sessions with options from a factory, a class or a provider.
   *
   * @throws SessionOptionsError if it is none of these; at startup also as {@link forRoot} does
   */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    checkAsyncOptions(options);
    return withCheckedFactory(super.forRootAsync(options), options);
  }
}

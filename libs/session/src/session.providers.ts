import type { Provider } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, Reflector } from '@nestjs/core';
import { SessionCache } from './cache/session-cache.js';
import type { TrackableStore } from './cache/tracked-source.js';
import { systemClock } from './core/clock.js';
import { SessionOptionsError } from './core/errors.js';
import type { SessionEventType } from './core/events.js';
import { SessionEvents } from './core/events.js';
import type { SessionRuntime } from './core/runtime.js';
import type { SessionStore } from './core/store.js';
import { ClassRules } from './data/class.rules.js';
import { jsonCodec } from './data/json.codec.js';
import { FreshSessionGuard } from './http/fresh-session.guard.js';
import { SessionErrorFilter } from './http/session-error.filter.js';
import { SessionMiddleware } from './http/session.middleware.js';
import { MemoryStore } from './memory/memory.store.js';
import type { ResolvedOptions } from './options/resolve.js';
import { resolveOptions } from './options/resolve.js';
import { passportPrincipal } from './passport/passport.principal.js';
import type { RedisConnection } from './redis/client.js';
import { openRedis } from './redis/client.js';
import { RedisStore } from './redis/redis.store.js';
import { SessionLifecycle } from './session.lifecycle.js';
import { MODULE_OPTIONS_TOKEN } from './session.module-definition.js';
import { SessionService } from './session.service.js';
import {
  REDIS_CONNECTION,
  RESOLVED_OPTIONS,
  SESSION_REDIS,
  SESSION_RUNTIME,
  SESSION_STORE,
} from './session.tokens.js';

const logger = new Logger('SessionModule');

/** How the parts of the module come together. */
export const sessionProviders: Provider[] = [
  { provide: RESOLVED_OPTIONS, inject: [MODULE_OPTIONS_TOKEN], useFactory: resolveOptions },
  { provide: REDIS_CONNECTION, inject: [RESOLVED_OPTIONS], useFactory: connect },
  {
    provide: SESSION_REDIS,
    inject: [REDIS_CONNECTION],
    useFactory: (connection: RedisConnection | null) => connection?.client ?? null,
  },
  { provide: SESSION_STORE, inject: [RESOLVED_OPTIONS, SESSION_REDIS], useFactory: createStore },
  {
    provide: SessionEvents,
    useFactory: () => new SessionEvents(systemClock, reportListenerError),
  },
  { provide: SessionCache, inject: [RESOLVED_OPTIONS, SESSION_STORE, SessionEvents], useFactory: openCache },
  {
    provide: SESSION_RUNTIME,
    inject: [RESOLVED_OPTIONS, SESSION_STORE, SessionEvents, SessionCache],
    useFactory: createRuntime,
  },
  { provide: APP_GUARD, inject: [RESOLVED_OPTIONS, Reflector], useFactory: createFreshSessionGuard },
  { provide: APP_FILTER, useClass: SessionErrorFilter },
  SessionService,
  SessionMiddleware,
  SessionLifecycle,
];

function reportListenerError(type: SessionEventType, error: unknown): void {
  logger.error(`A listener of "${type}" failed: ${error instanceof Error ? error.message : String(error)}`);
}

function connect({ store, deadlineMs }: ResolvedOptions): Promise<RedisConnection> | null {
  return store.kind === 'redis'
    ? openRedis(store.target, deadlineMs, (message) => logger.warn(message))
    : null;
}

async function createStore(
  options: ResolvedOptions,
  client: RedisConnection['client'] | null,
): Promise<SessionStore> {
  if (client) return connectedStore(new RedisStore(client, options));
  if (options.store.kind === 'custom') return options.store.store;
  checkMemory(options.store.kind === 'memory' && options.store.isByName);
  return new MemoryStore(options.noticeTtlMs);
}

async function connectedStore(store: RedisStore): Promise<SessionStore> {
  try {
    await store.ping();
    return store;
  } catch (error) {
    throw new SessionOptionsError(
      `redis: expected a client that is connected, but ${(error as Error).message}. ` +
        'Start Redis, and check the address and the credentials that the client has.',
      { cause: error },
    );
  }
}

function checkMemory(isByName: boolean): void {
  if (isByName) return;
  if (process.env['NODE_ENV'] === 'production') {
    throw new SessionOptionsError(
      'redis: expected where Redis is, received nothing, under NODE_ENV=production. Sessions in memory are lost at every ' +
        'restart and unknown to other processes. Set "redis", or ask for it by name: store: \'memory\'.',
    );
  }
  logger.warn(
    'Sessions are kept in memory: they are lost at every restart and unknown to other processes. ' +
      'Set the option "redis" for anything but development.',
  );
}

function openCache(
  { cache }: ResolvedOptions,
  store: SessionStore & Partial<TrackableStore>,
  events: SessionEvents,
): SessionCache | Promise<SessionCache> {
  if (!cache) return SessionCache.off();
  events.on('cache-bypassed', ({ server, reason }) =>
    logger.warn(
      `The session cache is out of use for ${server}: ${reason}. Redis is asked each time until it is back.`,
    ),
  );
  events.on('cache-restored', ({ server }) => logger.log(`The session cache is in use again for ${server}.`));
  if (store.track) return SessionCache.open(store as TrackableStore, cache, events);
  throw new SessionOptionsError(
    "cache: expected sessions in the module's own store in Redis, but SESSION_STORE has been overridden with one that " +
      'cannot tell of changes. Leave "cache" out.',
  );
}

/** Without a cache every session is fresh, and no request needs to pass this guard. */
function createFreshSessionGuard({ cache }: ResolvedOptions, reflector: Reflector): FreshSessionGuard | null {
  return cache && new FreshSessionGuard(reflector);
}

function createRuntime(
  options: ResolvedOptions,
  store: SessionStore,
  events: SessionEvents,
  cache: SessionCache,
): SessionRuntime {
  events.on('invalid-data', ({ sessionId, field, expected }) =>
    logger.warn(`Session ${sessionId}: the stored field "${field}" was left out: ${expected.join(', ')}.`),
  );
  events.on('store-failed', ({ operation, error }) =>
    logger.warn(`The session store failed to ${operation}: ${error.message}`),
  );
  return {
    store: cache.over(store),
    events,
    timeouts: options.timeouts,
    limit: options.limit,
    rotation: options.rotation,
    keepDataOnSignIn: options.keepDataOnSignIn,
    persistent: options.cookie.persistent,
    codec: jsonCodec,
    rules: options.data ? new ClassRules(options.data) : null,
    principal: passportPrincipal(options.passport?.userId),
  };
}

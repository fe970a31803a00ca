import type { Provider } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, ModulesContainer, Reflector } from '@nestjs/core';
import { SessionCache } from '../../cache/session-cache.js';
import type { TrackableStore } from '../../cache/tracked-source.js';
import { systemClock } from '../../core/runtime/clock.js';
import type { SessionEventType } from '../../core/runtime/events.js';
import { SessionEvents } from '../../core/runtime/events.js';
import type { SessionRuntime } from '../../core/runtime/runtime.js';
import { Meter } from '../../core/runtime/statistics.js';
import type { StoreBreaker } from '../../core/store/breaker.js';
import { capabilitiesOf, completeStore } from '../../core/store/delegating.store.js';
import { SessionOptionsError } from '../../core/errors/errors.js';
import { MeasuredStore } from '../../core/store/measured.store.js';
import type { CompleteStore, SessionStore } from '../../core/store/store.js';
import type { FieldRules } from '../../core/fields/field-codec.js';
import { loadClassRules } from '../../data/load-class-rules.js';
import { jsonCodec } from '../../data/json.codec.js';
import { CookieTransport } from '../../http/cookie-transport.js';
import type { TokenTransport } from '../../http/token-transport.js';
import { FreshSessionGuard } from '../guards/fresh-session.guard.js';
import { IS_FRESH } from '../decorators/fresh-session.decorator.js';
import { ON_OUTAGE } from '../decorators/on-outage.decorator.js';
import { isRouteMetadataUsed } from '../decorators/route-metadata.js';
import { OutageGuard } from '../guards/outage.guard.js';
import { SessionErrorFilter } from '../session-error.filter.js';
import { SessionMiddleware } from '../session.middleware.js';
import type { ResolvedOptions } from '../../options/resolve.js';
import { passportPrincipal } from '../../passport/passport.principal.js';
import type { RedisConnection } from '../../redis/client.js';
import { RedisStore } from '../../redis/redis.store.js';
import { SessionHealth } from '../session.health.js';
import { SessionLifecycle } from './lifecycle.js';
import { logEvents } from './event-log.js';
import { MODULE_OPTIONS_TOKEN } from './module-definition.js';
import { refuseBareImport } from './module-options.js';
import { readOptions } from './read-options.js';
import { isReplacedWithout } from './replaced-providers.js';
import { closingOnFailure, OpenedParts } from './opened-parts.js';
import { SessionService } from '../session.service.js';
import { connect, createStore } from './open-store.js';
import { startTelemetry } from './start-telemetry.js';
import {
  REDIS_CONNECTION,
  RESOLVED_OPTIONS,
  SESSION_REDIS,
  SESSION_RUNTIME,
  SESSION_STORE,
  SESSION_TELEMETRY,
  SESSION_TRANSPORT,
} from '../session.tokens.js';
import { shownSentence } from '../../core/errors/shown.js';

const logger = new Logger('SessionModule');

const makeStore = closingOnFailure(createStore);

/** Providers of the module, in the order in which they depend on each other. */
export const sessionProviders: Provider[] = [
  { provide: MODULE_OPTIONS_TOKEN, useFactory: refuseBareImport }, // forRoot() puts the options in its place
  { provide: RESOLVED_OPTIONS, inject: [ModulesContainer, MODULE_OPTIONS_TOKEN], useFactory: readOptions },
  OpenedParts,
  {
    provide: REDIS_CONNECTION,
    inject: [OpenedParts, ModulesContainer, RESOLVED_OPTIONS],
    useFactory: closingOnFailure(connectIfNeeded),
  },
  { provide: SESSION_REDIS, inject: [REDIS_CONNECTION], useFactory: clientOf },
  { provide: SessionEvents, useFactory: createEvents },
  { provide: Meter, useFactory: () => new Meter() },
  {
    provide: SESSION_STORE,
    inject: [OpenedParts, RESOLVED_OPTIONS, SESSION_REDIS, SessionEvents, Meter],
    useFactory: makeStore,
  },
  {
    provide: SessionCache,
    inject: [OpenedParts, RESOLVED_OPTIONS, SESSION_STORE, SessionEvents],
    useFactory: closingOnFailure(openCache),
  },
  {
    provide: SESSION_RUNTIME,
    inject: [OpenedParts, RESOLVED_OPTIONS, SESSION_STORE, SessionEvents, SessionCache, Meter],
    useFactory: closingOnFailure(createRuntime),
  },
  {
    provide: SESSION_TELEMETRY,
    inject: [
      ...[OpenedParts, RESOLVED_OPTIONS, SESSION_STORE, SESSION_RUNTIME, SessionEvents, SessionCache, Meter],
    ],
    useFactory: closingOnFailure(startTelemetry),
  },
  { provide: SESSION_TRANSPORT, inject: [RESOLVED_OPTIONS], useFactory: createTransport },
  { provide: APP_GUARD, inject: [RESOLVED_OPTIONS, Reflector], useFactory: createFreshSessionGuard },
  { provide: APP_FILTER, useClass: SessionErrorFilter },
  { provide: APP_GUARD, inject: [Reflector], useFactory: createOutageGuard },
  SessionHealth,
  SessionService,
  SessionMiddleware,
  SessionLifecycle,
];

/** Connects to Redis, unless a test has replaced the store or the client. */
function connectIfNeeded(
  modules: ModulesContainer,
  options: ResolvedOptions,
): Promise<RedisConnection> | null {
  const isStoreReplaced = isReplacedWithout(modules, SESSION_STORE, makeStore, SESSION_REDIS);
  const isClientReplaced = isReplacedWithout(modules, SESSION_REDIS, clientOf, REDIS_CONNECTION);
  return isStoreReplaced || isClientReplaced ? null : connect(options);
}

function clientOf(connection: RedisConnection | null): RedisConnection['client'] | null {
  return connection?.client ?? null;
}

/** Creates the events with the log as the first listener, because the parts opened at start may fail, too. */
function createEvents(): SessionEvents {
  const events = new SessionEvents(systemClock, reportListenerError);
  logEvents(events, logger);
  return events;
}

function reportListenerError(type: SessionEventType, error: unknown): void {
  logger.error(
    `A listener of "${type}" failed: ${shownSentence(error instanceof Error ? error.message : error)}`,
  );
}

/** Emits `store-down` when the circuit breaker opens, and `store-up` when it closes. */
function emitOutages(breaker: StoreBreaker, events: SessionEvents): void {
  let downSince: number | null = null;
  breaker.onChange((state) => {
    if (state === 'open' && downSince === null) {
      downSince = performance.now();
      events.emit('store-down', { error: breaker.lastError });
    } else if (state === 'closed' && downSince !== null) {
      events.emit('store-up', { downForMs: performance.now() - downSince });
      downSince = null;
    }
  });
}

function openCache(
  { cache }: ResolvedOptions,
  store: SessionStore & Partial<TrackableStore>,
  events: SessionEvents,
): SessionCache | Promise<SessionCache> {
  if (!cache) return SessionCache.off();
  if (store.track) return SessionCache.open(store as TrackableStore & SessionStore, cache, events);
  logger.warn(
    'The option "cache" has no effect, because SESSION_STORE has been replaced by a store that cannot report changes. ' +
      'The store is queried at each request.',
  );
  return SessionCache.off();
}

function createTransport({ cookie }: ResolvedOptions): TokenTransport {
  return new CookieTransport(cookie, (warning) => logger.warn(warning));
}

// Nest skips a factory that returns no guard. It makes three promises for each request to a route with a guard.

function createFreshSessionGuard({ cache }: ResolvedOptions, reflector: Reflector): FreshSessionGuard | null {
  return cache && isRouteMetadataUsed(IS_FRESH) ? new FreshSessionGuard(reflector) : null;
}

function createOutageGuard(reflector: Reflector): OutageGuard | null {
  return isRouteMetadataUsed(ON_OUTAGE) ? new OutageGuard(reflector) : null;
}

/** @throws SessionOptionsError if an option needs a capability that the store lacks */
function checkCapabilities(store: SessionStore, { rotation }: ResolvedOptions): void {
  if (rotation.everyMs === null || capabilitiesOf(store).has('token-rotation')) return;
  throw new SessionOptionsError(
    'rotation.every: expected a store with the capability "token-rotation", received one without rotate() and ' +
      'confirmRotation(). Remove the option, or use a store that rotates tokens, such as RedisStore.',
  );
}

async function createRuntime(
  options: ResolvedOptions,
  store: SessionStore,
  events: SessionEvents,
  cache: SessionCache,
  meter: Meter,
): Promise<SessionRuntime> {
  checkCapabilities(store, options);
  if (store.breaker) emitOutages(store.breaker, events);
  const principal = passportPrincipal(options.passport?.userId);
  return {
    store: cache.wrap(measured(options, completeStore(store), meter)),
    events,
    timeouts: options.timeouts,
    limit: options.limit,
    rotation: options.rotation,
    size: options.size,
    anonymous: options.anonymous,
    keepDataOnSignIn: options.data.keepOnSignIn,
    persistent: options.cookie.persistent,
    codec: jsonCodec(options.data.values),
    rules: await createRules(options, principal.name),
    principal,
    loadUser: options.users && ((id) => options.users?.load(id)),
    tally: meter.tally,
  };
}

/** Returns a store whose calls are counted. The module's own store in Redis counts them itself. */
function measured({ telemetry }: ResolvedOptions, store: CompleteStore, meter: Meter): CompleteStore {
  return telemetry && !(store instanceof RedisStore) ? new MeasuredStore(store, meter) : store;
}

/** @param known a field that is allowed in addition to those of the data class */
async function createRules({ data }: ResolvedOptions, known: string): Promise<FieldRules | null> {
  if (!data.class) return null;
  const { ClassRules } = await loadClassRules();
  return new ClassRules(data.class, data.unknownFields, [known]);
}

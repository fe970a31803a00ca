// Set up the module
export { SessionModule } from './nest/module/session.module.js';
export type { SessionOptionsFactory } from './nest/module/module-definition.js';
export { checkSessionOptions } from './options/check-session-options.js';
export type { SessionOptionsProblem } from './options/problems.js';
export type { SessionModuleOptions, SessionPassportOptions } from './options/session-module-options.js';
export type { SessionAnonymousOptions } from './options/anonymous-options.js';
export type { SessionCacheOptions } from './options/cache-options.js';
export type { SessionCookieOptions } from './options/cookie-options.js';
export type { SessionDataOptions } from './options/data-options.js';
export type { SessionDurabilityOptions } from './options/durability-options.js';
export type { SessionLimitOptions } from './options/limit-options.js';
export type { SessionOutageOptions } from './options/outage-options.js';
export type { SessionRedisChecksOptions } from './options/redis-checks-options.js';
export type { SessionRotationOptions } from './options/rotation-options.js';
export type { SessionSizeOptions } from './options/size-options.js';
export type { SessionUsersOptions } from './http/current-user.js';
export type { ExclusionTest, SessionExclusion } from './http/exclusion.js';
export type { SessionLoading } from './http/request.js';
export type { SignInOptions } from './options/sign-in-options.js';
export type { Duration } from './options/duration.js';
export type { AbsoluteTimeout, IdleTimeout, TimeoutInput } from './options/timeouts.js';
export type { SessionActivity } from './core/runtime/timeout-policy.js';
export type { StartupPolicy } from './redis/client.js';
export type { IoredisClient, RedisClusterTarget, RedisTarget, RedisUrlTarget } from './redis/target.js';
export type { EvictionPolicy, ServerWarning } from './redis/server-checks.js';
export type { SessionMax } from './core/runtime/limit.js';
export type { UnknownFields } from './core/fields/field-codec.js';
export type { ValuePolicy } from './data/json.codec.js';
export type { BreakerState, StoreBreaker } from './core/store/breaker.js';
export type { OnExceed } from './core/store/store.js';

// Use sessions in handlers
export { Session } from './nest/decorators/session.decorator.js';
export { CurrentUser } from './nest/decorators/current-user.decorator.js';
export { SessionGuard, type UnauthorizedReason } from './nest/guards/session.guard.js';
export { SessionErrorFilter } from './nest/session-error.filter.js';
export { OnOutage } from './nest/decorators/on-outage.decorator.js';
export { Public } from './nest/decorators/public.decorator.js';
export { FreshSession } from './nest/decorators/fresh-session.decorator.js';
export { RecentSignIn, RecentSignInGuard } from './nest/guards/recent-sign-in.guard.js';
export { SessionCsrfGuard } from './nest/guards/csrf.guard.js';
export { SkipCsrf } from './nest/decorators/skip-csrf.decorator.js';
export { eagerSession } from './nest/eager-session.js';
export type { OutagePolicy, RequestLike, RequestWithSession } from './http/request.js';
export type {
  NumericField,
  RegenerateOptions,
  SessionCallback,
  SessionData,
  SessionMethods,
} from './core/session/session.js';

// Use sessions anywhere
export {
  SessionService,
  type RevokeEveryoneOptions,
  type RevokeOptions,
  type SessionTarget,
} from './nest/session.service.js';
export { SessionHealth, type SessionHealthReport } from './nest/session.health.js';
export type {
  AnonymousStatistics,
  CallStatistics,
  CookieStatistics,
  SessionStatistics,
} from './core/runtime/statistics.js';
export type { SessionInfo } from './core/record/session-info.js';
export type { SessionUser } from './core/runtime/user.js';

// Observe: events, the cache and errors
export {
  SessionEvents,
  type CsrfReason,
  type SessionEvent,
  type SessionEventListener,
  type SessionEventMap,
  type SessionEventType,
} from './core/runtime/events.js';
export { SessionCache, type SessionCacheStatistics } from './cache/session-cache.js';
export {
  isSessionError,
  SessionConflictError,
  SessionCookiesError,
  SessionDataError,
  SessionEndedError,
  SessionError,
  SessionLimitError,
  SessionMisconfiguredError,
  SessionOptionsError,
  SessionSizeError,
  SessionUnavailableError,
  SessionUsageError,
  SessionValueError,
  type FieldProblem,
  type SessionErrorBody,
  type SessionErrorCode,
  type SessionErrors,
} from './core/errors/errors.js';

// Add an edge, such as WebSockets, with `nestjs-redis-session/core`
export { SESSION_RUNTIME, SESSION_TRANSPORT } from './nest/session.tokens.js';
export type { HeaderLine, TokenTransport, TransportRequest } from './http/token-transport.js';

// Replace a part
export { SESSION_REDIS, SESSION_STORE } from './nest/session.tokens.js';
export { MemoryStore, type MemoryStoreSettings } from './memory/memory.store.js';
export { RedisStore, type RedisStoreSettings } from './redis/redis.store.js';
export type { Clock } from './core/runtime/clock.js';
export type { Timeouts } from './core/record/expiry.js';
export type {
  CommitOptions,
  CompareAndSetOutcome,
  CreateIntent,
  BulkSelection,
  EndedSession,
  EndNotice,
  EndReason,
  FieldChanges,
  IncrementOutcome,
  LiveEstimate,
  LoadOptions,
  Origin,
  RecordProblem,
  RegenerateIntent,
  RotateIntent,
  Rotation,
  SessionEnd,
  SessionRecord,
  SessionStore,
  SignInIntent,
  SignInOutcome,
  SignInSource,
} from './core/store/store.js';
export type { RotationKeys, SessionId } from './core/record/token.js';

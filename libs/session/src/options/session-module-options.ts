import type { SessionStore } from '../core/store/store.js';
import type { SessionUsersOptions } from '../http/current-user.js';
import type { SessionExclusion } from '../http/exclusion.js';
import type { RequestLike, SessionLoading } from '../http/request.js';
import type { UserIdOfSerialized } from '../passport/passport.principal.js';
import type { RedisTarget } from '../redis/client.js';
import type { SessionTelemetry } from '../telemetry/telemetry.js';
import { SessionAnonymousOptions } from './anonymous-options.js';
import { SessionCacheOptions } from './cache-options.js';
import { SessionCookieOptions } from './cookie-options.js';
import { SessionCsrfOptions } from './csrf-options.js';
import { SessionDataOptions } from './data-options.js';
import { SessionDurabilityOptions } from './durability-options.js';
import type { Duration } from './duration.js';
import { CLOCK } from './duration-rule.js';
import { EXCLUDE } from './exclude-rule.js';
import { SessionLimitOptions } from './limit-options.js';
import { SessionOutageOptions } from './outage-options.js';
import { SessionRedisChecksOptions } from './redis-checks-options.js';
import { SessionResponsesOptions } from './responses-options.js';
import { SessionRotationOptions } from './rotation-options.js';
import { Group, isFunction, isObject, isOneOf, Rule } from './rule.js';
import { SessionSizeOptions } from './size-options.js';
import { ABSOLUTE, type AbsoluteTimeout, IDLE, type IdleTimeout } from './timeouts.js';

/** Mapping of passport's user to the session's user. */
export interface SessionPassportOptions {
  /**
   * Returns the user's ID in the value that the application's passport serializer returned.
   *
   * @defaultValue the value itself if it is a string or a number, else its `id`
   */
  readonly userId: UserIdOfSerialized;
}

/**
 * The options of `SessionModule.forRoot()`. All are optional; without any, sessions live in memory, which is refused
 * under `NODE_ENV=production`.
 */
export class SessionModuleOptions {
  /**
   * Address of Redis: a URL, ioredis options, `{ cluster: nodes, options }`, or an ioredis client of the application,
   * which this module never closes.
   *
   * @defaultValue none: sessions live in this process's memory
   */
  @Rule({
    expected: 'a redis:// or rediss:// URL, ioredis options, { cluster: nodes }, or an ioredis client',
    accepts: (value) => isObject(value) || (typeof value === 'string' && /^rediss?:\/\/\S+$/.test(value)),
    remedy: "An example: 'redis://127.0.0.1:6379'.",
    isSecret: true,
  })
  readonly redis?: RedisTarget;

  /**
   * `'memory'` for the embedded store, which this allows in production too, or a custom store. Not together with
   * `redis`.
   */
  @Rule({
    expected: "'memory' or an object that implements SessionStore",
    accepts: (value) => value === 'memory' || (isObject(value) && isFunction(value['signIn'])),
    remedy: 'Leave it out to keep sessions in Redis.',
  })
  readonly store?: 'memory' | SessionStore;

  /**
   * Prefix of all keys in Redis. Applications that share a Redis need different prefixes.
   *
   * @defaultValue 'session:'
   */
  @Rule({
    expected: "a text of 1 to 64 printable ASCII characters without spaces, '{' or '}'",
    accepts: (value) => typeof value === 'string' && /^[\x21-\x7a|~]{1,64}$/.test(value),
  })
  readonly prefix?: string = 'session:';

  /**
   * Idle timeout: a session without activity for this time ends. Activity is recorded at most ten times in this span,
   * and a session may outlast its last request by up to a tenth more.
   *
   * `'none'`: no idle timeout, and activity is not recorded. A function returns the timeout of each session when it
   * begins, at each sign-in, and whenever activity is recorded.
   *
   * @defaultValue '30m' (OWASP: 15 to 30 minutes for low-risk applications; NIST SP 800-63B-4 AAL2: at most an hour)
   */
  @Rule(IDLE)
  readonly idle?: IdleTimeout = '30m';

  /**
   * Absolute timeout: a session ends this time after its sign-in, whatever happens. A function returns the timeout of
   * each session when it begins and when a user signs in.
   *
   * @defaultValue '12h' (NIST SP 800-63B-4 AAL2: at most 24 hours)
   */
  @Rule(ABSOLUTE)
  readonly absolute?: AbsoluteTimeout = '12h';

  /**
   * Shorter timeouts and a smaller size for anonymous sessions, of which any client can start as many as it likes. A
   * sign-in gives the session the timeouts and the size of a user's session.
   *
   * @defaultValue { idle: '15m', absolute: '4h', maxBytes: 8192 }
   */
  @Group(SessionAnonymousOptions, {
    example: "{ idle: '30m', maxBytes: 16_384 }",
  })
  readonly anonymous?: SessionAnonymousOptions;

  /**
   * Token rotation.
   *
   * @defaultValue none: a session keeps its token until a user signs in, or the application calls `regenerate()`
   */
  @Group(SessionRotationOptions, { example: "{ every: '15m' }" })
  readonly rotation?: SessionRotationOptions;

  /**
   * Limit on the concurrent sessions of one user. Without it, the oldest session is evicted at 1,000, with a
   * `many-sessions` event.
   *
   * @defaultValue a safety bound: { max: 1000, onExceed: 'evict-oldest' }
   */
  @Group(SessionLimitOptions, {
    example: "{ max: 3, onExceed: 'evict-oldest' }",
  })
  readonly limit?: SessionLimitOptions;

  /** The session cookie. */
  @Group(SessionCookieOptions, { example: "{ secure: 'auto' }" })
  readonly cookie?: SessionCookieOptions;

  /**
   * Headers that protect a user's data in the browser and in proxies.
   *
   * @defaultValue { noStore: false, clearSiteData: [] }
   */
  @Group(SessionResponsesOptions, {
    example: "{ noStore: true, clearSiteData: ['cache', 'storage'] }",
  })
  readonly responses?: SessionResponsesOptions;

  /**
   * Requests that `SessionCsrfGuard` accepts beside those of the application's own pages.
   *
   * @defaultValue none: no other origin, and no secret for tokens
   */
  @Group(SessionCsrfOptions, { example: "{ origins: ['https://app.example.com'] }" })
  readonly csrf?: SessionCsrfOptions;

  /** Rules for the fields of a session. */
  @Group(SessionDataOptions, {
    example: '{ class: CartData }',
  })
  readonly data?: SessionDataOptions;

  /**
   * Size of a session.
   *
   * @defaultValue { max: 65536, warn: 4096 }
   */
  @Group(SessionSizeOptions, { example: '{ max: 32_768 }' })
  readonly size?: SessionSizeOptions;

  /** The application's users, for `@CurrentUser()`. */
  @Rule({
    expected: '{ load(id) }',
    accepts: (value) => isObject(value) && isFunction(value['load']),
    remedy: 'An example: { load: (id) => repository.findOneBy({ id }) }.',
  })
  readonly users?: SessionUsersOptions;

  /** Mapping of passport's user to the session's user. */
  @Rule({
    expected: '{ userId(serialized) }',
    accepts: (value) => isObject(value) && isFunction(value['userId']),
    remedy: 'An example: { userId: (serialized) => serialized.sub }.',
  })
  readonly passport?: SessionPassportOptions;

  /**
   * Returns the name of a request's device for the list of sessions. It is cut at 64 bytes, because a longer label
   * doubles the memory that a session takes in Redis.
   *
   * @defaultValue the browser and system that the `User-Agent` header names, such as `Firefox on Linux`
   */
  @Rule({
    expected: 'a function of the request that gives a text or null',
    accepts: isFunction,
    remedy: 'Leave it out for the browser and system.',
  })
  readonly device?: (request: RequestLike) => string | null;

  /**
   * Time for which the reason of a session's end is kept, so that its client can be informed and a late response to a
   * replaced token leaves the newer cookie alone. Longer than the slowest request.
   *
   * @defaultValue '10m'
   */
  @Rule(CLOCK)
  readonly endReasons?: Duration = '10m';

  /**
   * Caches sessions in this process's memory, kept valid by Redis client tracking, so that most requests send no
   * command. Takes two more connections, in a Cluster two to each master. `@FreshSession()` bypasses the cache for a
   * route. Only with `redis`.
   *
   * @defaultValue none: Redis is queried at each request
   */
  @Group(SessionCacheOptions, {
    example: "{ staleness: '1s' }",
    or: { words: 'true', accepts: (value) => typeof value === 'boolean' },
  })
  readonly cache?: boolean | SessionCacheOptions;

  /**
   * Time at which sessions are loaded. `'eager'`: when a request arrives, so that `request.session` can be read
   * anywhere. `'lazy'`: when a guard, a decorator or an awaited call of `SessionService` uses the session first, so that
   * other requests send no command and record no activity. Until then, a synchronous look at `request.session` throws;
   * `eagerSession` loads it in front of middleware that needs it.
   *
   * @defaultValue 'eager'
   */
  @Rule({ expected: "'eager' or 'lazy'", accepts: isOneOf('eager', 'lazy') })
  readonly load?: SessionLoading = 'eager';

  /**
   * Requests that get no session, such as those of static files and health checks: a list of exact paths
   * (`'/health'`), of paths with everything below them (`'/assets/*'`) and of regular expressions, or a function of the
   * request. Paths are compared with the path that the client sent, character by character, without the query. A use of
   * the session in such a request fails, and so does every guard of this module.
   *
   * @defaultValue none: every request gets a session
   */
  @Rule(EXCLUDE)
  readonly exclude?: SessionExclusion;

  /**
   * Behaviour while the session store is slow or unavailable.
   *
   * @defaultValue { deadline: '250ms', policy: 'fail', startup: 'fail' }
   */
  @Group(SessionOutageOptions, {
    example: "{ deadline: '500ms', policy: 'anonymous' }",
  })
  readonly outage?: SessionOutageOptions;

  /**
   * Waits for replicas when a session ends, so that a failover does not revive sessions that were signed out. Only with
   * `redis`.
   *
   * @defaultValue none: a failover may undo what the master had confirmed shortly before
   */
  @Group(SessionDurabilityOptions, {
    example: "{ replicas: 1, timeout: '100ms' }",
  })
  readonly durability?: SessionDurabilityOptions;

  /**
   * Backend of metrics and spans: `openTelemetry()` or `prometheus()` of `nestjs-redis-session/telemetry`.
   *
   * @defaultValue none
   */
  @Rule({
    expected: 'what openTelemetry() or prometheus() returns',
    accepts: (value) => isObject(value) && isFunction(value['start']),
    remedy: "Import them from 'nestjs-redis-session/telemetry', and call one of them.",
  })
  readonly telemetry?: SessionTelemetry;

  /**
   * Exceptions from the checks of the Redis server at start. Only with `redis`.
   *
   * @defaultValue none: every unsuitable setting is logged, and an eviction policy stops the start
   */
  @Group(SessionRedisChecksOptions, {
    example: "{ ignore: ['no-persistence'] }",
  })
  readonly redisChecks?: SessionRedisChecksOptions;
}

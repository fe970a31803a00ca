import type { SessionCacheOptions } from './cache-options.js';
import type { SessionStore } from '../core/store.js';
import type { SessionUser } from '../core/user.js';
import type { UnknownFields } from '../core/field-codec.js';
import type { ValuePolicy } from '../data/json.codec.js';
import type { SessionCookieOptions } from './cookie-options.js';
import type { SessionUsersOptions } from '../http/current-user.js';
import type { OutagePolicy } from '../http/request.js';
import type { RequestLike } from '../http/request.js';
import type { Duration } from './duration.js';
import type {
  SessionAnonymousOptions,
  SessionDurabilityOptions,
  SessionLimitOptions,
  SessionPassportOptions,
} from './groups.js';
import { CLOCK, WAIT } from './duration.rule.js';
import { ABSOLUTE, type AbsoluteTimeout, IDLE, type IdleTimeout } from './timeouts.js';
import { BOOLEAN, isCount, isFunction, isObject, isOneOf, Rule } from './rule.js';
import type { RedisTarget, StartupPolicy } from '../redis/client.js';
import type { EvictionPolicy, ServerWarning } from '../redis/server-checks.js';
import { isEvictionPolicy, SERVER_WARNINGS } from '../redis/server-checks.js';

/**
 * The options of `SessionModule.forRoot()`. All may be left out; then sessions live in memory, which is refused under
 * `NODE_ENV=production`.
 */
export class SessionModuleOptions {
  /**
   * Where Redis is: a URL, ioredis options, `{ cluster: nodes, options }`, or an ioredis client of the application's
   * own, which this module never closes.
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
   * `'memory'` for the embedded store by name, which allows it in production too, or a store of your own. Not
   * together with `redis`.
   */
  @Rule({
    expected: "'memory' or an object that implements SessionStore",
    accepts: (value) => value === 'memory' || (isObject(value) && isFunction(value['signIn'])),
    remedy: 'Leave it out to keep sessions in Redis.',
  })
  readonly store?: 'memory' | SessionStore;

  /**
   * What all keys in Redis begin with. Applications that share a Redis need different ones.
   *
   * @defaultValue 'session:'
   */
  @Rule({
    expected: "a text of 1 to 64 printable ASCII characters without spaces, '{' or '}'",
    accepts: (value) => typeof value === 'string' && /^[\x21-\x7a|~]{1,64}$/.test(value),
    remedy: "Leave it out for 'session:'.",
  })
  readonly prefix?: string;

  /**
   * The idle timeout: a session without activity for so long ends. Activity is recorded at most ten times in this
   * span, and a session may outlast its last request by up to a tenth more.
   *
   * `'none'`: no idle timeout, and activity is not recorded. A function gives the timeout of each session, when it begins,
   * at each sign-in, and again whenever activity is recorded.
   *
   * @defaultValue '30m' (OWASP: 15 to 30 minutes for low-risk applications; NIST SP 800-63B-4 AAL2: at most an hour)
   */
  @Rule({ ...IDLE, remedy: "Leave it out for '30m'." })
  readonly idle?: IdleTimeout;

  /**
   * The absolute timeout: so long after its sign-in a session ends, whatever happens. A function gives that of each
   * session, when it begins and when a user signs in.
   *
   * @defaultValue '12h' (NIST SP 800-63B-4 AAL2: at most 24 hours)
   */
  @Rule({ ...ABSOLUTE, remedy: "Leave it out for '12h'." })
  readonly absolute?: AbsoluteTimeout;

  /**
   * Shorter clocks and less room for a session that nobody is signed in to, of which anyone can begin as many as they
   * like. A sign-in gives the session the clocks and the room of a user's.
   *
   * @defaultValue { idle: '15m', absolute: '4h', maxBytes: 8192 }
   */
  @Rule({
    expected: '{ idle, absolute, maxBytes }',
    accepts: isObject,
    remedy: "An example: { idle: '30m', maxBytes: 16_384 }.",
  })
  readonly anonymous?: SessionAnonymousOptions;

  /**
   * Exchanges the token for a new one when it is so old: what was stolen is worth less. The session, its id and its
   * clocks stay. Parallel requests get the same new token, and an answer that is lost on its way costs nothing: the
   * old token stays good until the new one has been seen. At least twice `rotationGrace`.
   *
   * @defaultValue none: a session keeps its token until someone signs in, or the application calls `regenerate()`
   */
  @Rule({ ...CLOCK, remedy: 'Leave it out to keep tokens.' })
  readonly rotateEvery?: Duration;

  /**
   * How long the old token stays good once the new one has been seen: longer than the slowest request that may still
   * be under way with it.
   *
   * @defaultValue '30s'
   */
  @Rule({ ...CLOCK, remedy: "Leave it out for '30s'." })
  readonly rotationGrace?: Duration;

  /**
   * What happens when a token is used after its grace, which an honest browser hardly ever does: `'report'` it by a
   * `token-reused` event, or also `'revoke'` the session, so that neither the thief nor the victim goes on.
   *
   * @defaultValue 'report'
   */
  @Rule({
    expected: "'report' or 'revoke'",
    accepts: isOneOf('report', 'revoke'),
    remedy: "Leave it out for 'report'.",
  })
  readonly onTokenReuse?: 'report' | 'revoke';

  /**
   * The limit on concurrent sessions of one user. Where it is left out, the oldest session makes room at 1,000, with a
   * `many-sessions` event.
   *
   * @defaultValue a safety bound: { max: 1000, onExceed: 'evict-oldest' }
   */
  @Rule({
    expected: '{ max, onExceed }',
    accepts: isObject,
    remedy: "An example: { max: 3, onExceed: 'evict-oldest' }.",
  })
  readonly limit?: SessionLimitOptions;

  /**
   * Whether what an anonymous visitor left in the session is still there after the sign-in.
   *
   * @defaultValue true
   */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out to keep it.' })
  readonly keepDataOnSignIn?: boolean;

  /** The session cookie. */
  @Rule({
    expected: 'an object of cookie options',
    accepts: isObject,
    remedy: "An example: { secure: 'auto' }.",
  })
  readonly cookie?: SessionCookieOptions;

  /**
   * Whether answers of routes behind `SessionGuard` or `@RecentSignIn()` carry `Cache-Control: no-store`, so that neither
   * a proxy nor the browser keeps what is for one user. A handler that sets `Cache-Control` itself decides for its own
   * answer. Answers that set the session cookie carry it in any case.
   *
   * @defaultValue false
   */
  @Rule({ ...BOOLEAN, remedy: 'Leave it out to leave caching to the handlers.' })
  readonly noStore?: boolean;

  /**
   * A class with class-validator decorators that says what the session's fields must be as they are stored. A write that
   * breaks it is refused before anything is stored; a stored field that breaks it is left out, with an `invalid-data`
   * event. Decorators that change a value, `@Transform()` and `@Type(() => Date)` among them, are refused at start.
   */
  @Rule({
    expected: 'a class with class-validator decorators',
    accepts: isFunction,
    remedy: 'Pass the class itself, not an instance of it.',
  })
  readonly data?: new () => object;

  /**
   * What becomes of fields that the data class does not name, and of such members of nested objects with a class.
   * `'keep'`: they are stored and read as they are. `'ignore'`: they are neither stored nor read; what is in Redis stays
   * there until its field is written. `'refuse'`: writing them is a `SessionDataError`, and a stored field that has them
   * is left out, with an `invalid-data` event. Only with `data`.
   *
   * @defaultValue 'keep'
   */
  @Rule({
    expected: "'keep', 'ignore' or 'refuse'",
    accepts: isOneOf('keep', 'ignore', 'refuse'),
    remedy: "Leave it out for 'keep'.",
  })
  readonly unknownFields?: UnknownFields;

  /**
   * What happens to a value that JSON changes, such as a `Date` or an instance of a class. `'json'` stores it as
   * `JSON.stringify` does, as other session libraries do, with a `value-converted` event and one warning for each field:
   * the next request gets a text or a plain object. `'strict'` refuses it with a `SessionValueError`. What JSON cannot
   * carry at all, such as a BigInt or an object that contains itself, is refused by both.
   *
   * @defaultValue 'json'
   */
  @Rule({
    expected: "'json' or 'strict'",
    accepts: isOneOf('json', 'strict'),
    remedy: "Leave it out for 'json'.",
  })
  readonly values?: ValuePolicy;

  /** The application's users, for `@CurrentUser()`. */
  @Rule({
    expected: '{ load(id) }',
    accepts: (value) => isObject(value) && isFunction(value['load']),
    remedy: 'An example: { load: (id) => repository.findOneBy({ id }) }.',
  })
  readonly users?: SessionUsersOptions;

  /** How passport's view of a user maps to ours. */
  @Rule({
    expected: '{ userId(serialized) }',
    accepts: (value) => isObject(value) && isFunction(value['userId']),
    remedy: 'An example: { userId: (serialized) => serialized.sub }.',
  })
  readonly passport?: SessionPassportOptions;

  /**
   * Names the device of a request for the list of sessions. Short: a label above 64 bytes doubles what a session
   * costs in Redis, so it is cut there.
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
   * How long the reason of a session's end is kept, so that its client can be told and a late answer to a replaced
   * token leaves the newer cookie alone. Longer than the slowest request.
   *
   * @defaultValue '10m'
   */
  @Rule({ ...CLOCK, remedy: "Leave it out for '10m'." })
  readonly endReasons?: Duration;

  /**
   * Keeps sessions that were read in this process's memory, and lets Redis tell of every change to them (client
   * tracking), so that most requests ask Redis nothing. Takes two more connections, in a Cluster two to each master.
   * Routes that must not rely on it say so with `@FreshSession()`. Only with `redis`.
   *
   * @defaultValue none: Redis is asked at each request
   */
  @Rule({
    expected: 'true, or { maxEntries, maxBytes, staleness }',
    accepts: (value) => value === true || value === false || isObject(value),
    remedy: "An example: { staleness: '1s' }.",
  })
  readonly cache?: boolean | SessionCacheOptions;

  /**
   * How long a call to Redis may take, a second try included. Then the request is answered with 503.
   *
   * @defaultValue '250ms'
   */
  @Rule({ ...WAIT, remedy: "Leave it out for '250ms'." })
  readonly deadline?: Duration;

  /**
   * What becomes of a request whose session cannot be loaded. `'fail'`: whoever asks for the session gets 503 with
   * `Retry-After`. `'anonymous'`: the request goes on as if nobody were signed in, whatever it writes to the session is
   * refused with 503, and its cookie stays as it is. Guards turn it away in both cases. `@OnOutage()` decides for one
   * handler or controller.
   *
   * @defaultValue 'fail'
   */
  @Rule({
    expected: "'fail' or 'anonymous'",
    accepts: isOneOf('fail', 'anonymous'),
    remedy: "Leave it out for 'fail'.",
  })
  readonly onOutage?: OutagePolicy;

  /**
   * What becomes of a start while Redis is away. `'fail'`: it fails. `'wait'`: it waits until Redis is there.
   * `'degraded'`: the application starts and treats requests by `onOutage` until Redis is there.
   *
   * @defaultValue 'fail'
   */
  @Rule({
    expected: "'fail', 'wait' or 'degraded'",
    accepts: isOneOf('fail', 'wait', 'degraded'),
    remedy: "Leave it out for 'fail'.",
  })
  readonly startup?: StartupPolicy;

  /**
   * Lets what ends sessions wait until replicas have it, so that a failover does not bring back who was signed out.
   *
   * @defaultValue none: a failover may undo what the master had confirmed shortly before
   */
  @Rule({
    expected: '{ replicas, timeout }',
    accepts: isObject,
    remedy: "An example: { replicas: 1, timeout: '100ms' }.",
  })
  readonly durability?: SessionDurabilityOptions;

  /**
   * How many bytes the application's fields of a session may take, with their names. A write beyond is refused and
   * changes nothing; a stored session beyond is no session. Lower it only when no session is larger.
   *
   * @defaultValue 65536
   */
  @Rule({ expected: 'a whole number of 1 or more', accepts: isCount, remedy: 'Leave it out for 65536.' })
  readonly maxBytes?: number;

  /**
   * A session that takes more bytes than this is told by a `large-session` event and in the log: every request loads
   * all of it.
   *
   * @defaultValue 4096
   */
  @Rule({
    expected: 'a whole number of 1 or more, or Infinity',
    accepts: (value) => value === Infinity || isCount(value),
    remedy: 'Leave it out for 4096.',
  })
  readonly warnBytes?: number;

  /**
   * Warnings about the Redis server that are not to be given, by name, because what they warn of is meant to be so.
   *
   * @defaultValue none
   */
  @Rule({
    expected: `an array of names: ${SERVER_WARNINGS.join(', ')}`,
    accepts: (value) => Array.isArray(value) && value.every(isOneOf(...SERVER_WARNINGS)),
    remedy: "An example: ['no-persistence'].",
  })
  readonly silence?: readonly ServerWarning[];

  /**
   * Eviction policies under which the application may start. A Redis with a `maxmemory` and a policy that drops keys is
   * refused otherwise: it signs users out when its memory is full, and it may drop the index of a user before the
   * sessions. Then a session that a limit or `revokeAll()` should have ended can be read until its next touch, up to a
   * tenth of `idle` later; it is neither written to nor kept alive.
   *
   * @defaultValue none: only `noeviction`
   */
  @Rule({
    expected: "an array of eviction policies of Redis, such as 'volatile-lru'",
    accepts: (value) => Array.isArray(value) && value.every(isEvictionPolicy),
    remedy: "An example: ['volatile-lru'].",
  })
  readonly allowEviction?: readonly EvictionPolicy[];
}

export type { SessionUser };

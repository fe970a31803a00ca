import type { EvictionPolicy, ServerWarning } from '../redis/server-checks.js';
import { isEvictionPolicy, SERVER_WARNINGS } from '../redis/server-checks.js';
import { type Complete, withDefaults } from './options-class.js';
import { isOneOf, Rule } from './rule.js';

/** Checks of the Redis server at start. */
export class SessionRedisChecksOptions {
  /**
   * Names of warnings to suppress, because the setting is intended.
   *
   * @defaultValue []
   */
  @Rule({
    expected: `an array of names: ${SERVER_WARNINGS.join(', ')}`,
    accepts: (value) => Array.isArray(value) && value.every(isOneOf(...SERVER_WARNINGS)),
    remedy: "An example: ['no-persistence'].",
  })
  readonly ignore?: readonly ServerWarning[] = [];

  /**
   * Eviction policies under which the application may start, beside `noeviction`. Any other policy of a Redis with a
   * `maxmemory` stops the start, because a full Redis signs users out and may drop the index of a user before the
   * sessions. Then a session that a limit or `revokeAll()` should have ended can be read until its next touch, up to a
   * tenth of `idle` later; it can neither be written to nor kept alive.
   *
   * @defaultValue []
   */
  @Rule({
    expected: "an array of eviction policies of Redis, such as 'volatile-lru'",
    accepts: (value) => Array.isArray(value) && value.every(isEvictionPolicy),
    remedy: "An example: ['volatile-lru'].",
  })
  readonly allowEviction?: readonly EvictionPolicy[] = [];
}

/** The group `redisChecks`, complete. */
export type ResolvedRedisChecks = Readonly<Complete<SessionRedisChecksOptions>>;

/** Fills in the defaults. */
export function resolveRedisChecks(given: SessionRedisChecksOptions = {}): ResolvedRedisChecks {
  const { ignore, allowEviction } = withDefaults<SessionRedisChecksOptions>(SessionRedisChecksOptions, given);
  return Object.freeze({
    ignore: Object.freeze([...ignore]),
    allowEviction: Object.freeze([...allowEviction]),
  });
}

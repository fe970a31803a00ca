/**
 * The private parts of the library that tests in `test/` use, all of them. ESLint rejects any other import of a private
 * path; see docs/decisions/0051-private-parts-in-tests.md. A test that can be written on public names should be.
 */

// Reads and writes Redis beside the store: its keys, scripts and connections.
export { openRedis, type RedisConnection } from '../../libs/session/src/redis/client.js';
export { openDurable } from '../../libs/session/src/redis/durable.js';
export { RedisKeys } from '../../libs/session/src/redis/keys.js';
export { decodeNotice, decodeRecord } from '../../libs/session/src/redis/record.js';
export {
  runScript,
  SCRIPT_NAMES,
  SCRIPT_SOURCES,
  type ScriptName,
} from '../../libs/session/src/redis/scripts.js';
export { ServerSampler } from '../../libs/session/src/redis/server-sampler.js';
export { stallTimeoutMs, watchForStalledReplies } from '../../libs/session/src/redis/stalled-replies.js';

// Builds a cache around a store of the test, whose invalidations the test holds back.
export { CachedStore } from '../../libs/session/src/cache/cached.store.js';
export { ElapsedTime } from '../../libs/session/src/cache/elapsed-time.js';
export type { CacheBounds } from '../../libs/session/src/cache/session-lru.js';
export { SessionCopies } from '../../libs/session/src/cache/session-copies.js';
export type {
  Channel,
  TrackedRead,
  TrackedSource,
  TrackingListener,
} from '../../libs/session/src/cache/tracked-source.js';
export type { TrackingContext } from '../../libs/session/src/redis/tracking-context.js';
export { TrackedChannel } from '../../libs/session/src/redis/tracked-channel.js';

// Runs the principal of passport under prototype pollution.
export { passportPrincipal } from '../../libs/session/src/passport/passport.principal.js';

// Checks that each installed version of ioredis has the undocumented parts that the library uses.
export * from '../../libs/session/src/redis/ioredis-internals.js';

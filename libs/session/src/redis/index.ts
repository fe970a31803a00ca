/**
 * `nestjs-redis-session/redis`: the store in Redis and its inspection, without Nest, for an operator's tools and for jobs
 * beside the application. Applications need `nestjs-redis-session` only.
 *
 * These names may change in any minor version before 1.0; the changelog lists each change.
 *
 * @packageDocumentation
 */

// Connect
export { connectRedis, type ConnectRedisOptions, type OpenedRedis } from './connect.js';
export { describeTarget } from './target.js';
export { serverOf } from './slots.js';
export type { IoredisClient, RedisClusterTarget, RedisTarget, RedisUrlTarget } from './target.js';
export { RedisStore, type RedisStoreSettings } from './redis.store.js';

// Inspect what is stored
export {
  RedisInspection,
  type InspectionStep,
  type OrphanedEntry,
  type RedisInspectionSettings,
  type StoredKey,
  type StoredSession,
} from './inspection.js';
export { restoreExpiry, type RepairSettings } from './repair.js';
export type { SessionKeyKind } from './keys.js';
export { LAYOUT_VERSION } from './record.js';
export { NO_IDLE_MS } from '../core/record/expiry.js';

// Check servers and permissions
export {
  findingsOf,
  readServerFacts,
  type EvictionPolicy,
  type Finding,
  type ServerFacts,
  type ServerWarning,
} from './server-checks.js';
export type { InfoFields } from './info.js';
export {
  permissionsFor,
  tryPermissions,
  type PermissionNeeds,
  type Permissions,
  type PermissionTrial,
  type TrialSettings,
} from './permissions.js';

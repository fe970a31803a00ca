// By name, so that a token of one copy of this package is that of any other: see `module/package-copies.ts`.

/** Injects the store: override it to keep sessions elsewhere. */
export const SESSION_STORE = Symbol.for('nestjs-redis-session:SESSION_STORE');

/**
 * Injects the ioredis client, or `null` where sessions are not kept in Redis, also because a test has replaced the store.
 */
export const SESSION_REDIS = Symbol.for('nestjs-redis-session:SESSION_REDIS');

/** @internal */
export const RESOLVED_OPTIONS = Symbol.for('nestjs-redis-session:RESOLVED_OPTIONS');

/** @internal */
export const SESSION_RUNTIME = Symbol.for('nestjs-redis-session:SESSION_RUNTIME');

/** @internal */
export const REDIS_CONNECTION = Symbol.for('nestjs-redis-session:REDIS_CONNECTION');

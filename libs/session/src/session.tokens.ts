/** Injects the store: override it to keep sessions elsewhere. */
export const SESSION_STORE = Symbol('SESSION_STORE');

/**
 * Injects the ioredis client, or `null` where sessions are not kept in Redis, also because a test has replaced the store.
 */
export const SESSION_REDIS = Symbol('SESSION_REDIS');

/** @internal */
export const RESOLVED_OPTIONS = Symbol('RESOLVED_OPTIONS');

/** @internal */
export const SESSION_RUNTIME = Symbol('SESSION_RUNTIME');

/** @internal */
export const REDIS_CONNECTION = Symbol('REDIS_CONNECTION');

// By name, so that all copies of this package share the tokens; see `module/package-copies.ts`.

/** Injects the store. Override it to keep sessions elsewhere. */
export const SESSION_STORE = Symbol.for('nestjs-redis-session:SESSION_STORE');

/** Injects the ioredis client, or `null` if sessions are not kept in Redis, for example because a test replaced the store. */
export const SESSION_REDIS = Symbol.for('nestjs-redis-session:SESSION_REDIS');

/** @internal */
export const RESOLVED_OPTIONS = Symbol.for('nestjs-redis-session:RESOLVED_OPTIONS');

/**
 * Injects the parts that all sessions of the application share, a `SessionRuntime` of `nestjs-redis-session/core`. For
 * edges, stores and policies; may change before 1.0.
 */
export const SESSION_RUNTIME = Symbol.for('nestjs-redis-session:SESSION_RUNTIME');

/**
 * Injects the `TokenTransport` that reads tokens from HTTP requests, such as the handshake of a WebSocket. For edges; may
 * change before 1.0.
 */
export const SESSION_TRANSPORT = Symbol.for('nestjs-redis-session:SESSION_TRANSPORT');

/** @internal */
export const SESSION_TELEMETRY = Symbol.for('nestjs-redis-session:SESSION_TELEMETRY');

/** @internal */
export const REDIS_CONNECTION = Symbol.for('nestjs-redis-session:REDIS_CONNECTION');

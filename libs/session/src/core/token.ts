import { createHash, randomBytes } from 'node:crypto';

/**
 * The secret in the cookie: three shard characters and 256 random bits, 46 base64url characters.
 *
 * The client has it and nobody else: it is never stored, logged, emitted or returned, except in `Set-Cookie`.
 */
export type Token = string & { readonly __brand: 'Token' };

/**
 * The public handle of a session: three shard characters and 132 bits of SHA-256 of the token's secret.
 *
 * Safe in logs, lists, events and URLs. It cannot be turned back into a token, so it is worthless as a cookie.
 */
export type SessionId = string & { readonly __brand: 'SessionId' };

/** Three base64url characters that pick the Redis Cluster slot in which a session lives. */
export type Shard = string & { readonly __brand: 'Shard' };

const SHARD_LENGTH = 3;
/** 256 bits. OWASP ASVS 5.0 7.2.3 asks for 128 or more from a CSPRNG. */
const SECRET_BYTES = 32;
/** 22 base64url characters carry 132 bits of the digest. */
const HANDLE_LENGTH = 22;

const TOKEN_FORM = /^[A-Za-z0-9_-]{46}$/;
const SESSION_ID_FORM = /^[A-Za-z0-9_-]{25}$/;

/** Makes a fresh token in the given shard. */
export function mintToken(shard: Shard): Token {
  return (shard + randomBytes(SECRET_BYTES).toString('base64url')) as Token;
}

/** Reads a token from a cookie's value; whatever does not have the form of one is `null`. */
export function parseToken(value: string): Token | null {
  return TOKEN_FORM.test(value) ? (value as Token) : null;
}

/** Reads a session id from outside, such as a route parameter; whatever does not have the form of one is `null`. */
export function parseSessionId(value: unknown): SessionId | null {
  return typeof value === 'string' && SESSION_ID_FORM.test(value) ? (value as SessionId) : null;
}

/** The public id of the session that a token opens. One-way: the token cannot be found from the id. */
export function sessionIdOf(token: Token): SessionId {
  const shard = token.slice(0, SHARD_LENGTH);
  const digest = createHash('sha256').update(token.slice(SHARD_LENGTH)).digest('base64url');
  return (shard + digest.slice(0, HANDLE_LENGTH)) as SessionId;
}

/** The shard that a session lives in. */
export function shardOf(id: SessionId): Shard {
  return id.slice(0, SHARD_LENGTH) as Shard;
}

/** A session's id within its shard. */
export function handleOf(id: SessionId): string {
  return id.slice(SHARD_LENGTH);
}

/** The session id of a handle within a shard. */
export function joinSessionId(shard: Shard, handle: string): SessionId {
  return (shard + handle) as SessionId;
}

/**
 * The shard of a user: an 18-bit hash, so that all sessions of a user and their index lie in one Redis Cluster
 * slot and one script can create, index, limit and evict.
 */
export function shardOfUser(userId: string): Shard {
  return createHash('sha256').update(userId).digest('base64url').slice(0, SHARD_LENGTH) as Shard;
}

/** A random shard, for sessions of nobody yet. */
export function randomShard(): Shard {
  return randomBytes(SHARD_LENGTH).toString('base64url').slice(0, SHARD_LENGTH) as Shard;
}

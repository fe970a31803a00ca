import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The secret in the cookie. Only the client has it: it is never stored, logged, emitted or returned, except in `Set-Cookie`.
 *
 * - An original token is three shard characters and 256 random bits: 46 base64url characters.
 * - A rotated token names its session, because the session's ID is derived from another secret: session ID, 256 bits, and a
 *   tag that only the server can create: 90 characters.
 */
export type Token = string & { readonly __brand: 'Token' };

/**
 * The public handle of a session: three shard characters and 132 bits of SHA-256 of its original token's secret.
 *
 * Safe in logs, lists, events and URLs. It cannot be turned back into a token, so it is worthless as a cookie.
 */
export type SessionId = string & { readonly __brand: 'SessionId' };

/** Three base64url characters that pick the Redis Cluster slot in which a session lives. */
export type Shard = string & { readonly __brand: 'Shard' };

const SHARD_LENGTH = 3;
/** 256 bits. OWASP ASVS 5.0 7.2.3 requires at least 128 bits from a CSPRNG. */
const SECRET_BYTES = 32;
const SECRET_LENGTH = 43;
/** 22 base64url characters carry 132 bits of a digest. */
const DIGEST_LENGTH = 22;
const ID_LENGTH = SHARD_LENGTH + DIGEST_LENGTH;

const TOKEN_FORM = /^[A-Za-z0-9_-]{46}(?:[A-Za-z0-9_-]{44})?$/;
const SESSION_ID_FORM = /^[A-Za-z0-9_-]{25}$/;

/** Returns a fresh token in a shard. */
export function mintToken(shard: Shard): Token {
  return (shard + randomBytes(SECRET_BYTES).toString('base64url')) as Token;
}

/** Parses a token from a cookie's value; `null` if it does not have the form of one. */
export function parseToken(value: string): Token | null {
  return TOKEN_FORM.test(value) ? (value as Token) : null;
}

/** Parses a session ID from outside, such as a route parameter; `null` if it does not have the form of one. */
export function parseSessionId(value: unknown): SessionId | null {
  return typeof value === 'string' && SESSION_ID_FORM.test(value) ? (value as SessionId) : null;
}

/** Returns the public ID of the session that a token opens. One-way: the token cannot be derived from the ID. */
export function sessionIdOf(token: Token): SessionId {
  return isRotated(token) ? namedBy(token) : identify(token).id;
}

/** Returns the verifier of a token: a digest of its secret, which the server stores. */
export function verifierOf(token: Token): string {
  return hash('sha256', secretOf(token), 'base64url').slice(0, DIGEST_LENGTH);
}

/** A token with what its digest says of it. */
export interface IdentifiedToken {
  readonly token: Token;
  readonly id: SessionId;
  readonly verifier: string;
}

/** Returns a token with the public ID of the session that it opens, and its verifier, for one digest. */
export function identify(token: Token): IdentifiedToken {
  const verifier = hash('sha256', secretOf(token), 'base64url').slice(0, DIGEST_LENGTH);
  const id = isRotated(token) ? namedBy(token) : ((token.slice(0, SHARD_LENGTH) + verifier) as SessionId);
  return { token, id, verifier };
}

/** The keys that lead from a token to its successor. They are stored, and useless without the token. */
export interface RotationKeys {
  /** Fresh at every rotation. */
  readonly nonce: string;
  /** The same for all rotations of a session. */
  readonly tagKey: string;
}

/** Returns fresh keys for a rotation, with the present tag key if there is one. */
export function rotationKeys(tagKey = random()): RotationKeys {
  return { nonce: random(), tagKey };
}

/**
 * Returns the token that follows another in the same session. Every holder of a token computes the same successor, so
 * parallel requests agree on it, and a response that got lost can be repeated.
 */
export function successorOf(token: Token, { nonce, tagKey }: RotationKeys): Token {
  const secret = createHmac('sha256', secretOf(token)).update(nonce).digest('base64url');
  return (sessionIdOf(token) + secret + tagOf(secret, tagKey)) as Token;
}

/**
 * Returns a nonce that leads from the presented token to the token of a sign-in. Useless without the presented token.
 */
export function signInNonce(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/**
 * Returns the token of a sign-in, derived from the presented token. A repeated sign-in gets the same token, given the same
 * nonce.
 */
export function signInToken(shard: Shard, presented: Token, nonce: string): Token {
  return (shard + createHmac('sha256', secretOf(presented)).update(nonce).digest('base64url')) as Token;
}

/** Returns true if this server created a token; false if it was made up by someone who knows the session's ID. */
export function isGenuine(token: Token, tagKey: string): boolean {
  if (!isRotated(token)) return true; // its session's ID is a digest of its secret
  return timingSafeEqual(
    Buffer.from(token.slice(-DIGEST_LENGTH)),
    Buffer.from(tagOf(secretOf(token), tagKey)),
  );
}

/**
 * Returns the ID under which a token that opens nothing is marked as replaced. Only the holder of the token can compute it:
 * for an original token it is the session's ID, which is a digest of the token. A rotated token contains its session's ID in
 * plain text, and after the session has ended nothing can prove that the token belonged to it, so it is a digest of the token
 * itself.
 */
export function markIdOf(token: Token): SessionId {
  return (token.slice(0, SHARD_LENGTH) + verifierOf(token)) as SessionId;
}

/** Returns the shard of a session. */
export function shardOf(id: SessionId): Shard {
  return id.slice(0, SHARD_LENGTH) as Shard;
}

/** Returns a session's ID within its shard. */
export function handleOf(id: SessionId): string {
  return id.slice(SHARD_LENGTH);
}

/** Returns the session ID of a handle within a shard. */
export function joinSessionId(shard: Shard, handle: string): SessionId {
  return (shard + handle) as SessionId;
}

/**
 * Returns the shard of a user: an 18-bit hash, so that all sessions of a user and their index lie in one Redis Cluster slot,
 * and one script can create, index, limit and evict.
 */
export function shardOfUser(userId: string): Shard {
  return hash('sha256', userId, 'base64url').slice(0, SHARD_LENGTH) as Shard;
}

/** Returns a random shard, for an anonymous session. */
export function randomShard(): Shard {
  return randomBytes(SHARD_LENGTH).toString('base64url').slice(0, SHARD_LENGTH) as Shard;
}

/** Returns true if a token is the successor of another. */
export function isRotated(token: Token): boolean {
  return token.length > SHARD_LENGTH + SECRET_LENGTH;
}

function namedBy(rotated: Token): SessionId {
  return rotated.slice(0, ID_LENGTH) as SessionId;
}

function secretOf(token: Token): string {
  return isRotated(token) ? token.slice(ID_LENGTH, ID_LENGTH + SECRET_LENGTH) : token.slice(SHARD_LENGTH);
}

function tagOf(secret: string, tagKey: string): string {
  return createHmac('sha256', tagKey).update(secret).digest('base64url').slice(0, DIGEST_LENGTH);
}

function random(): string {
  return randomBytes(16).toString('base64url');
}

import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The secret in the cookie. The client has it and nobody else: it is never stored, logged, emitted or returned,
 * except in `Set-Cookie`.
 *
 * - An original token is three shard characters and 256 random bits: 46 base64url characters.
 * - A rotated token names its session, because its secret is not the one that the session's id comes from: session
 *   id, 256 bits, and a tag that only the server could have made: 90 characters.
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
/** 256 bits. OWASP ASVS 5.0 7.2.3 asks for 128 or more from a CSPRNG. */
const SECRET_BYTES = 32;
const SECRET_LENGTH = 43;
/** 22 base64url characters carry 132 bits of a digest. */
const DIGEST_LENGTH = 22;
const ID_LENGTH = SHARD_LENGTH + DIGEST_LENGTH;

const TOKEN_FORM = /^[A-Za-z0-9_-]{46}(?:[A-Za-z0-9_-]{44})?$/;
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
  return isRotated(token) ? namedBy(token) : sessionIdFrom(token, verifierOf(token));
}

/** The same, where the token's {@link verifierOf} is known already. */
export function sessionIdFrom(token: Token, verifier: string): SessionId {
  return isRotated(token) ? namedBy(token) : ((token.slice(0, SHARD_LENGTH) + verifier) as SessionId);
}

/** What the server keeps of a token to recognise it: a digest of its secret. */
export function verifierOf(token: Token): string {
  return hash('sha256', secretOf(token), 'base64url').slice(0, DIGEST_LENGTH);
}

/** What makes the successor of a token. All of it lies in the store, where it is worthless without the token. */
export interface RotationKeys {
  /** Fresh at every rotation. */
  readonly nonce: string;
  /** One for the life of a session. */
  readonly tagKey: string;
}

/** Fresh keys for a rotation; the tag's key stays where there is one. */
export function rotationKeys(tagKey = random()): RotationKeys {
  return { nonce: random(), tagKey };
}

/**
 * The token that follows another in the same session. Everyone who holds the one computes the same other, so parallel
 * requests agree on it, and an answer that got lost can be given again.
 */
export function successorOf(token: Token, { nonce, tagKey }: RotationKeys): Token {
  const secret = createHmac('sha256', secretOf(token)).update(nonce).digest('base64url');
  return (sessionIdOf(token) + secret + tagOf(secret, tagKey)) as Token;
}

/** What makes the token of a sign-in from the one that the client showed. Worthless without that token. */
export function signInNonce(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/**
 * The token of a session that a client signs in to which showed another token. The same sign-in sent twice comes to the
 * same one, given the same nonce.
 */
export function signInToken(shard: Shard, shown: Token, nonce: string): Token {
  return (shard + createHmac('sha256', secretOf(shown)).update(nonce).digest('base64url')) as Token;
}

/** Whether this server made a token, as opposed to someone who knows the session's id and guesses. */
export function isGenuine(token: Token, tagKey: string): boolean {
  if (!isRotated(token)) return true; // its session's id is a digest of its secret
  return timingSafeEqual(
    Buffer.from(token.slice(-DIGEST_LENGTH)),
    Buffer.from(tagOf(secretOf(token), tagKey)),
  );
}

/**
 * The id under which a token that opens nothing is marked as replaced. Only its holder leads there: for an original
 * token it is the session's id, which is a digest of the token. A rotated token names its session in plain text, and
 * once that is gone nothing can prove that the token was one of its own, so there it is a digest of the token itself.
 */
export function markIdOf(token: Token): SessionId {
  return (token.slice(0, SHARD_LENGTH) + verifierOf(token)) as SessionId;
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
  return hash('sha256', userId, 'base64url').slice(0, SHARD_LENGTH) as Shard;
}

/** A random shard, for sessions of nobody yet. */
export function randomShard(): Shard {
  return randomBytes(SHARD_LENGTH).toString('base64url').slice(0, SHARD_LENGTH) as Shard;
}

/** Whether a token is the successor of another. */
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

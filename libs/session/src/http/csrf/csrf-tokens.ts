import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const NONCE_BYTES = 16;
const DIGEST_BYTES = 32;

/** Separates these digests from all others that an application makes with the same secret. */
const PURPOSE = 'nestjs-redis-session csrf';

/**
 * CSRF tokens that are bound to a session by an HMAC (OWASP: signed double-submit), so that nothing is stored. Each token
 * has a random part, which keeps it from being guessed from the size of compressed responses (BREACH).
 */
export class CsrfTokens {
  /** @param secrets the first makes tokens, and all verify them, so that a secret can be replaced */
  constructor(private readonly secrets: readonly [string, ...string[]]) {}

  /** Returns a token for a session. */
  issue(sessionId: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    return Buffer.concat([nonce, digest(this.secrets[0], nonce, sessionId)]).toString('base64url');
  }

  /** Returns true if the token was issued for this session. */
  isValid(token: string, sessionId: string): boolean {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== NONCE_BYTES + DIGEST_BYTES) return false;
    const [nonce, received] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES)];
    return this.secrets.some((secret) => timingSafeEqual(digest(secret, nonce, sessionId), received));
  }
}

function digest(secret: string, nonce: Buffer, sessionId: string): Buffer {
  return createHmac('sha256', secret).update(PURPOSE).update(nonce).update(sessionId).digest();
}

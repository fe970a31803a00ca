import type { TokenPair } from './token-pair.js';
import { SessionUnavailableError } from '../errors/errors.js';
import type { RotationPolicy } from '../runtime/runtime.js';
import type { SessionState } from './session-state.js';
import type { Rotation, SessionRecord } from '../store/store.js';
import type { Token } from '../record/token.js';
import { isGenuine, rotationKeys, sessionIdOf, successorOf, verifierOf } from '../record/token.js';

/**
 * Match of a token with the session that it names.
 *
 * - `current`: the token in use
 * - `previous`: exchanged, and still valid
 * - `stale`: exchanged, and no longer valid
 * - `forged`: never was a token of the session
 */
export type TokenMatch = 'current' | 'previous' | 'stale' | 'forged';

/** Matches a token, which has this verifier, with the session that it names. */
export function matchToken(token: Token, verifier: string, record: SessionRecord, now: number): TokenMatch {
  const { rotation } = record;
  if (!rotation) return isNamedBy(record, verifier) ? 'current' : 'forged';
  if (verifier === rotation.current) return 'current';
  if (verifier === rotation.previous && isPreviousValid(record, now)) return 'previous';
  return isGenuine(token, rotation.tagKey) ? 'stale' : 'forged';
}

/** Returns the successor of a token; `null` if the nonce that leads to it has been dropped. */
export function successorPair(token: Token, { nonce, tagKey }: Rotation): TokenPair | null {
  return nonce === null ? null : { token: successorOf(token, { nonce, tagKey }), id: sessionIdOf(token) };
}

/** Returns true if the client should receive another token: its own was exchanged, or is old enough to be. */
export function isRotationDue({ runtime, record, loaded, isTokenExchangeable }: SessionState): boolean {
  if (!record || !isTokenExchangeable) return false;
  if (loaded.successor) return true;
  return runtime.rotation.everyMs !== null && isExchangeDue(record, runtime.rotation, runtime.store.now());
}

/** Returns true if the token of a session is old enough to be exchanged. */
export function isExchangeDue(record: SessionRecord, { everyMs }: RotationPolicy, now: number): boolean {
  return everyMs !== null && now - lastExchange(record) >= everyMs && !isPreviousValid(record, now);
}

/** Issues the next token to the client. If the store fails, the client keeps its token, and the failure is reported. */
export async function rotateQuietly(work: SessionState): Promise<void> {
  const { record, runtime } = work;
  const { presented, successor } = work.loaded;
  if (!record || !presented) return;
  try {
    if (successor) await issueSuccessor(work, record, successor);
    else await exchange(work, record, presented.token);
  } catch (error) {
    if (!(error instanceof SessionUnavailableError)) throw error;
    runtime.events.emit('store-failed', { operation: 'rotate a token', error });
  }
}

/**
 * Issues the successor of a token that had been exchanged before the request came. If that successor was exchanged too, or
 * a sign-in replaced the session, the client has a newer token, and this response does not change it.
 */
async function issueSuccessor(
  { runtime, clientToken }: SessionState,
  { id }: SessionRecord,
  successor: TokenPair,
): Promise<void> {
  const present = await runtime.store.load(id, { fresh: true });
  if (present?.rotation?.current === verifierOf(successor.token)) clientToken.issue(successor);
}

/** Exchanges the token. Concurrent requests get the same successor. */
async function exchange(work: SessionState, record: SessionRecord, token: Token): Promise<void> {
  const { runtime } = work;
  const keys = rotationKeys(record.rotation?.tagKey);
  const from = verifierOf(token);
  const to = verifierOf(successorOf(token, keys));
  const rotation = await runtime.store.rotate({ record, from, to, keys });
  if (!rotation) return;
  const rotated = { ...record, rotation };
  work.updateRecord(rotated);
  const isStillValid = rotation.previous === from && isPreviousValid(rotated, runtime.store.now());
  const successor = isStillValid ? successorPair(token, rotation) : null;
  if (successor) work.clientToken.issue(successor);
  if (rotation.current === to) {
    runtime.events.emit('rotated', { sessionId: record.id, userId: record.userId });
  }
}

/** Returns true if the previous token is still valid. Until then there is no further exchange: its holders would be logged out early. */
function isPreviousValid({ rotation, idleMs }: SessionRecord, now: number): boolean {
  // A new token that was never presented may have been lost, and its client may be idle for the idle timeout.
  return rotation !== null && now < (rotation.graceEndAt ?? rotation.at + idleMs);
}

function lastExchange({ rotation, signedInAt, createdAt }: SessionRecord): number {
  return rotation?.at ?? signedInAt ?? createdAt;
}

/** Returns true if the session's ID is the digest of this verifier's secret, as that of an original token is. */
function isNamedBy({ id }: SessionRecord, verifier: string): boolean {
  return id.endsWith(verifier);
}

import type { TokenPair } from './token-pair.js';
import { SessionUnavailableError } from './errors.js';
import type { Rotation, SessionRecord } from './store.js';
import type { Token } from './token.js';
import { isGenuine, rotationKeys, sessionIdOf, successorOf, verifierOf } from './token.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * What a token is to a session whose token has been exchanged.
 *
 * - `current`: in use. `previous`: exchanged, and still good
 * - `stale`: exchanged, and no longer good. `forged`: never was one of this session's
 */
export type TokenStanding = 'current' | 'previous' | 'stale' | 'forged';

/** What a token, which has this verifier, is to the session that it names. */
export function tokenStanding(
  token: Token,
  verifier: string,
  record: SessionRecord,
  now: number,
): TokenStanding {
  const { rotation } = record;
  if (!rotation) return isNamedBy(record, verifier) ? 'current' : 'forged';
  if (verifier === rotation.current) return 'current';
  if (verifier === rotation.previous && isPreviousGood(record, now)) return 'previous';
  return isGenuine(token, rotation.tagKey) ? 'stale' : 'forged';
}

/** The token that has taken the place of another; `null`: what leads there has been dropped. */
export function successorPair(token: Token, { nonce, tagKey }: Rotation): TokenPair | null {
  return nonce === null ? null : { token: successorOf(token, { nonce, tagKey }), id: sessionIdOf(token) };
}

/** Whether the client should get another token: its own has been exchanged, or is old enough to be. */
export function isRotationDue({ runtime, record, client, arrival, isSealed }: UnitOfWork): boolean {
  if (!record || isSealed || client.isIssued || !client.presented) return false;
  if (arrival.successor) return true;
  const { everyMs } = runtime.rotation;
  const now = runtime.store.now();
  return everyMs !== null && now - lastExchange(record) >= everyMs && !isPreviousGood(record, now);
}

/** Gives the client the token that follows its own. Where the store fails, it goes on with the one that it has. */
export async function rotateQuietly(work: UnitOfWork): Promise<void> {
  const { record, client, arrival, runtime } = work;
  if (!record || !client.presented) return;
  try {
    if (arrival.successor) await passOnSuccessor(work, record, arrival.successor);
    else await exchange(work, record, client.presented.token);
  } catch (error) {
    if (!(error instanceof SessionUnavailableError)) throw error;
    runtime.events.emit('store-failed', { operation: 'rotate a token', error });
  }
}

/**
 * The client's token had been exchanged when the request came. By now its successor may have been exchanged in its
 * turn, or the session replaced by a sign-in: then the browser has a newer cookie, and this answer leaves it alone.
 */
async function passOnSuccessor(
  { runtime, client }: UnitOfWork,
  { id }: SessionRecord,
  successor: TokenPair,
): Promise<void> {
  const present = await runtime.store.load(id, { fresh: true });
  if (present?.rotation?.current === verifierOf(successor.token)) client.issue(successor);
}

/** Exchanges the token. Requests that come to this at the same time get the same successor. */
async function exchange(work: UnitOfWork, record: SessionRecord, token: Token): Promise<void> {
  const { client, runtime } = work;
  const keys = rotationKeys(record.rotation?.tagKey);
  const from = verifierOf(token);
  const to = verifierOf(successorOf(token, keys));
  const rotation = await runtime.store.rotate({ record, from, to, keys });
  if (!rotation) return;
  work.record = { ...record, rotation };
  const isStillGood = rotation.previous === from && isPreviousGood(work.record, runtime.store.now());
  const successor = isStillGood ? successorPair(token, rotation) : null;
  if (successor) client.issue(successor);
  if (rotation.current === to) {
    runtime.events.emit('rotated', { sessionId: record.id, userId: record.userId });
  }
}

/** As long as an old token is good, there is no second one: its holders would be logged out before their time. */
function isPreviousGood({ rotation, idleMs }: SessionRecord, now: number): boolean {
  // Unseen, the new token may have got lost, and its client may be as long in coming back as any other.
  return rotation !== null && now < (rotation.graceEndAt ?? rotation.at + idleMs);
}

function lastExchange({ rotation, signedInAt, createdAt }: SessionRecord): number {
  return rotation?.at ?? signedInAt ?? createdAt;
}

/** Whether a session's id is the digest of this verifier's secret, as that of an original token is. */
function isNamedBy({ id }: SessionRecord, verifier: string): boolean {
  return id.endsWith(verifier);
}

import type { TokenPair } from './client-token.js';
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

/** What a token is to the session that it names. */
export function tokenStanding(token: Token, record: SessionRecord, now: number): TokenStanding {
  const { rotation } = record;
  const verifier = verifierOf(token);
  if (!rotation) return isNamedBy(record, verifier) ? 'current' : 'forged';
  if (verifier === rotation.current) return 'current';
  if (verifier === rotation.previous && isInGrace(rotation, now)) return 'previous';
  return isGenuine(token, rotation.tagKey) ? 'stale' : 'forged';
}

/** The token that has taken the place of another. */
export function successorPair(token: Token, rotation: Rotation): TokenPair {
  return { token: successorOf(token, rotation), id: sessionIdOf(token) };
}

/** Whether the session's token is old enough to be exchanged. */
export function isRotationDue({ runtime, record, client, isSealed }: UnitOfWork): boolean {
  const { everyMs } = runtime.rotation;
  if (everyMs === null || !record || isSealed || client.isIssued || !client.presented) return false;
  const now = runtime.store.now();
  return now - lastExchange(record) >= everyMs && !isPreviousGood(record, now);
}

/**
 * Exchanges the token of the session for its successor. Requests that come to this at the same time get the same one.
 * Where the store fails, the session goes on with the token that it has.
 */
export async function rotate(work: UnitOfWork): Promise<void> {
  const { record, client, runtime } = work;
  if (!record || !client.presented) return;
  const { token } = client.presented;
  const keys = rotationKeys(record.rotation?.tagKey);
  const from = verifierOf(token);
  const to = verifierOf(successorOf(token, keys));
  try {
    const rotation = await runtime.store.rotate({ record, from, to, keys });
    if (!rotation) return;
    work.record = { ...record, rotation };
    if (rotation.previous === from && isInGrace(rotation, runtime.store.now())) {
      client.issue(successorPair(token, rotation));
    }
    if (rotation.current === to) {
      runtime.events.emit('rotated', { sessionId: record.id, userId: record.userId });
    }
  } catch (error) {
    if (!(error instanceof SessionUnavailableError)) throw error;
    runtime.events.emit('store-failed', { operation: 'rotate a token', error });
  }
}

/**
 * Keeps a slow answer from handing out a token that has itself been exchanged by now, which the browser would take
 * for newer than the one that it has.
 */
export async function withdrawStaleSuccessor(work: UnitOfWork): Promise<void> {
  const { runtime, arrival, client, record } = work;
  if (!record?.rotation || !client.isIssued || !isSlow(work)) return;
  const present = await runtime.store.load(record.id);
  const isCurrent = present?.rotation?.current === verifierOf(client.pair.token);
  if (present && arrival.presented?.id === present.id && !isCurrent) client.keepSilent();
}

/** Whether a request has taken so long that its successor may have been exchanged in its turn. */
function isSlow({ runtime, arrival }: UnitOfWork): boolean {
  return runtime.store.now() - arrival.at >= runtime.rotation.graceMs;
}

/** As long as an old token is good, there is no second one: its holders would be logged out before their time. */
function isPreviousGood({ rotation }: SessionRecord, now: number): boolean {
  return rotation !== null && isInGrace(rotation, now);
}

function isInGrace({ graceEndAt }: Rotation, now: number): boolean {
  return graceEndAt === null || now < graceEndAt;
}

function lastExchange({ rotation, signedInAt, createdAt }: SessionRecord): number {
  return rotation?.at ?? signedInAt ?? createdAt;
}

/** Whether a session's id is the digest of this verifier's secret, as that of an original token is. */
function isNamedBy({ id }: SessionRecord, verifier: string): boolean {
  return id.endsWith(verifier);
}

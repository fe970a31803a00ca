import { SessionUnavailableError } from './errors.js';
import { successorPair, tokenStanding } from './rotation.js';
import type { SessionRuntime } from './runtime.js';
import type { LoadOptions, Origin, SessionRecord } from './store.js';
import type { Token } from './token.js';
import { parseToken, sessionIdOf } from './token.js';
import type { Arrival, UnitOfWork } from './unit-of-work.js';

/** Someone who showed nothing. */
export function anonymousArrival({ store }: SessionRuntime, origin: () => Origin): Arrival {
  const at = store.now();
  return { presented: null, record: null, standing: 'none', isCopy: false, successor: null, at, origin };
}

/**
 * Finds the session behind what a client showed. A value without the form of a token costs nothing and opens nothing.
 *
 * A browser can be made to send several cookies of one name. Then the one that opens a session counts; when several
 * do, none can be trusted, and the client is treated as anonymous.
 *
 * @param values the distinct values of the session cookie, at least one
 */
export async function arrive(
  runtime: SessionRuntime,
  values: readonly string[],
  origin: () => Origin,
): Promise<Arrival> {
  const tokens = values.map(parseToken).filter((token) => token !== null);
  const arrivals = await Promise.all(tokens.map((token) => arriveWith(runtime, token, origin)));
  const live = arrivals.filter(({ standing }) => standing === 'live');
  // Two tokens of one session, before and after a rotation, do not contradict each other.
  const ids = new Set(live.map(({ record }) => (record as SessionRecord).id));
  if (ids.size > 1) {
    runtime.events.emit('ambiguous-cookie', { sessionIds: [...ids] });
    return anonymousArrival(runtime, origin);
  }
  const nothing: Arrival = { ...anonymousArrival(runtime, origin), standing: 'dead' };
  return live.find(({ successor }) => !successor) ?? live[0] ?? arrivals[0] ?? nothing;
}

/**
 * Asks the store about a session that a copy has answered for.
 *
 * @returns whether the session lives
 */
export async function confirmArrival(work: UnitOfWork): Promise<boolean> {
  const { arrival, runtime, record } = work;
  const { isCopy, presented, origin, user } = arrival;
  // What this request has put in its place or ended, it did in the store.
  if (!isCopy || !presented || record?.id !== presented.id) return true;
  const present = await arriveWith(runtime, presented.token, origin, { fresh: true });
  work.renew(user ? { ...present, user } : present);
  return present.record !== null;
}

async function arriveWith(
  runtime: SessionRuntime,
  token: Token,
  origin: () => Origin,
  options?: LoadOptions,
): Promise<Arrival> {
  const { store } = runtime;
  const presented = { token, id: sessionIdOf(token) };
  const record = await store.load(presented.id, options);
  const dead: Arrival = { ...anonymousArrival(runtime, origin), presented, standing: 'dead' };
  if (!record) return dead;
  const isCopy = store.isCopy?.(record) ?? false;
  const standing = tokenStanding(token, record, store.now());
  // A token may be newer than a copy. Nobody is turned away, reported or given another token on the word of one.
  if (isCopy && standing !== 'current') return arriveWith(runtime, token, origin, { fresh: true });
  const live: Arrival = { ...dead, record, standing: 'live', isCopy };
  switch (standing) {
    case 'current':
      return { ...live, record: await confirm(runtime, record) };
    case 'previous':
      return { ...live, successor: record.rotation && successorPair(token, record.rotation) };
    case 'stale':
      await reportReuse(runtime, record, origin());
      return { ...dead, standing: 'superseded' };
    case 'forged':
      // It names a session that it does not open. Whose session that is, is none of its sender's business.
      return { ...dead, presented: null };
  }
}

/** The client has the token in use, so the one before it has had its time. */
async function confirm(
  { store, events, rotation: policy }: SessionRuntime,
  record: SessionRecord,
): Promise<SessionRecord> {
  const { rotation } = record;
  if (!rotation || rotation.graceEndAt !== null) return record;
  try {
    await store.confirmRotation(record, policy.graceMs);
  } catch (error) {
    // The session is there. That the old token is good a little longer is no reason to turn its client away.
    if (!(error instanceof SessionUnavailableError)) throw error;
    events.emit('store-failed', { operation: 'confirm a rotation', error });
    return record;
  }
  return { ...record, rotation: { ...rotation, graceEndAt: store.now() + policy.graceMs } };
}

async function reportReuse(
  { store, events, rotation }: SessionRuntime,
  { id: sessionId, userId }: SessionRecord,
  origin: Origin,
): Promise<void> {
  const isRevoked = rotation.revokeOnReuse;
  if (isRevoked) await store.destroy(sessionId, { reason: 'revoked' });
  events.emit('token-reused', { ...origin, sessionId, userId, isRevoked });
  if (isRevoked) events.emit('revoked', { sessionId, userId });
}

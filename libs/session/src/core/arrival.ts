import type { CookieStanding, TokenPair } from './client-token.js';
import { SessionUnavailableError } from './errors.js';
import { successorPair, tokenStanding } from './rotation.js';
import type { SessionRuntime } from './runtime.js';
import type { LoadOptions, Origin, Rotation, SessionRecord } from './store.js';
import type { Token } from './token.js';
import { parseToken, sessionIdFrom, verifierOf } from './token.js';
import type { Arrival, UnitOfWork } from './unit-of-work.js';

/**
 * What one client showed. A class, because it lives as long as its request and leads to it: the engine may decide to
 * allocate what an object literal makes in the old generation, and then whole requests stay in memory until the next
 * full collection.
 */
class Shown implements Arrival {
  record: SessionRecord | null = null;
  standing: CookieStanding;
  successor: TokenPair | null = null;
  isCopy = false;

  constructor(
    readonly presented: TokenPair | null,
    readonly at: number,
    readonly origin: () => Origin,
  ) {
    this.standing = presented ? 'dead' : 'none';
  }
}

/** Someone who showed nothing. */
export function anonymousArrival({ store }: SessionRuntime, origin: () => Origin): Arrival {
  return new Shown(null, store.now(), origin);
}

/**
 * Finds the session behind what a client showed. A value without the form of a token costs nothing and opens nothing.
 *
 * A browser can be made to send several cookies of one name. Then the one that opens a session counts; when several
 * do, none can be trusted, and the client is treated as anonymous.
 *
 * @param values the distinct values of the session cookie, at least one
 */
export function arrive(
  runtime: SessionRuntime,
  values: readonly string[],
  origin: () => Origin,
): Promise<Arrival> {
  const tokens = values.map(parseToken).filter((token) => token !== null);
  const [first] = tokens;
  if (first && tokens.length === 1) return arriveWith(runtime, first, origin);
  return arriveWithAny(runtime, tokens, origin);
}

async function arriveWithAny(
  runtime: SessionRuntime,
  tokens: readonly Token[],
  origin: () => Origin,
): Promise<Arrival> {
  const arrivals = await Promise.all(tokens.map((token) => arriveWith(runtime, token, origin)));
  const live = arrivals.filter(({ standing }) => standing === 'live');
  // Two tokens of one session, before and after a rotation, do not contradict each other.
  const ids = new Set(live.map(({ record }) => (record as SessionRecord).id));
  const nothing = new Shown(null, runtime.store.now(), origin);
  if (ids.size > 1) {
    runtime.events.emit('ambiguous-cookie', { sessionIds: [...ids] });
    return nothing;
  }
  nothing.standing = 'dead';
  return live.find(({ successor }) => !successor) ?? live[0] ?? arrivals[0] ?? nothing;
}

/**
 * Asks the store about a session that a copy has answered for.
 *
 * @returns whether the session lives
 */
export async function confirmArrival(work: UnitOfWork): Promise<boolean> {
  const { arrival, runtime, record } = work;
  const { isCopy, presented, origin } = arrival;
  // What this request has put in its place or ended, it did in the store.
  if (!isCopy || !presented || record?.id !== presented.id) return true;
  const present = await arriveWith(runtime, presented.token, origin, { fresh: true });
  work.renew(present);
  return present.record !== null;
}

async function arriveWith(
  runtime: SessionRuntime,
  token: Token,
  origin: () => Origin,
  options?: LoadOptions,
): Promise<Arrival> {
  const { store } = runtime;
  const verifier = verifierOf(token);
  const id = sessionIdFrom(token, verifier);
  const record = await store.load(id, options);
  const arrival = new Shown({ token, id }, store.now(), origin);
  if (!record) return arrival;
  const isCopy = store.isCopy?.(record) ?? false;
  const standing = tokenStanding(token, verifier, record, arrival.at);
  // A token may be newer than a copy. Nobody is turned away, reported or given another token on the word of one.
  if (isCopy && standing !== 'current') return arriveWith(runtime, token, origin, { fresh: true });
  switch (standing) {
    case 'current':
      arrival.record = isUnseen(record) ? await confirm(runtime, record) : record;
      arrival.isCopy = isCopy;
      arrival.standing = 'live';
      return arrival;
    case 'previous':
      arrival.record = record;
      arrival.standing = 'live';
      arrival.successor = record.rotation && successorPair(token, record.rotation);
      return arrival;
    case 'stale':
      await reportReuse(runtime, record, origin());
      arrival.standing = 'superseded';
      return arrival;
    case 'forged': {
      // It names a session that it does not open. Whose session that is, is none of its sender's business.
      const nothing = new Shown(null, arrival.at, origin);
      nothing.standing = 'dead';
      return nothing;
    }
  }
}

/** A session whose token in use has not been seen before. */
type Unseen = SessionRecord & { readonly rotation: Rotation };

function isUnseen(record: SessionRecord): record is Unseen {
  return record.rotation?.graceEndAt === null;
}

/** The client has the token in use, so the one before it has had its time. */
async function confirm(
  { store, events, rotation: policy }: SessionRuntime,
  record: Unseen,
): Promise<SessionRecord> {
  try {
    await store.confirmRotation(record, policy.graceMs);
  } catch (error) {
    // The session is there. That the old token is good a little longer is no reason to turn its client away.
    if (!(error instanceof SessionUnavailableError)) throw error;
    events.emit('store-failed', { operation: 'confirm a rotation', error });
    return record;
  }
  return { ...record, rotation: { ...record.rotation, graceEndAt: store.now() + policy.graceMs } };
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

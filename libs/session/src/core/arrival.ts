import type { CookieStanding } from './client-token.js';
import type { TokenPair } from './token-pair.js';
import { Absence } from './absence.js';
import { SessionUnavailableError } from './errors.js';
import { distinct, MAX_COOKIES, OtherCookies } from './other-cookies.js';
import { successorPair, tokenStanding } from './rotation.js';
import type { SessionRuntime } from './runtime.js';
import type { LoadOptions, Origin, Rotation, SessionEnd, SessionRecord } from './store.js';
import type { Token } from './token.js';
import { isRotated, joinSessionId, parseToken, sessionIdFrom, shardOf, verifierOf } from './token.js';
import type { Arrival, UnitOfWork } from './unit-of-work.js';

/**
 * So many well-formed cookies of one name are looked up. A browser holds four when a domain and a path were added to the
 * options, and has all of them still.
 */
const MAX_CANDIDATES = 4;

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
  others: OtherCookies | null = null;
  /** The session that the token is or was one of: `record`, or the one that a superseded token belongs to. */
  belongsTo: SessionRecord | null = null;

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
 * A browser can be made to send several cookies of one name. Then the one that opens a session counts. When they belong
 * to several sessions, or one does and there are too many to look at, none can be trusted, and the client is treated as
 * anonymous. Values without the form of a token have no say in this.
 *
 * @param values the values of all session cookies, at least one
 */
export function arrive(
  runtime: SessionRuntime,
  values: readonly string[],
  origin: () => Origin,
): Promise<Arrival> {
  const parsed = values.map(parseToken);
  const tokens = parsed.filter((token) => token !== null);
  runtime.tally.cookies.malformed += parsed.length - tokens.length;
  const [first, ...rest] = new Set(tokens);
  if (!first) return Promise.resolve(deadArrival(runtime, origin));
  if (rest.length === 0) return arriveWith(runtime, first, origin);
  return arriveWithSeveral(runtime, [first, ...rest], origin);
}

function deadArrival({ store }: SessionRuntime, origin: () => Origin): Shown {
  const nothing = new Shown(null, store.now(), origin);
  nothing.standing = 'dead';
  return nothing;
}

async function arriveWithSeveral(
  runtime: SessionRuntime,
  tokens: readonly Token[],
  origin: () => Origin,
): Promise<Arrival> {
  const lookAt = (some: readonly Token[]) =>
    Promise.all(some.map((token) => arriveWith(runtime, token, origin)));
  const arrivals = await lookAt(tokens.slice(0, MAX_CANDIDATES));
  const rest = tokens.slice(MAX_CANDIDATES, MAX_COOKIES);
  const othersAre = (examined: readonly Shown[]) =>
    new OtherCookies(pairsOf(examined), tokens.length > MAX_COOKIES, async () =>
      sessionsOf([...examined, ...(await lookAt(rest))]),
    );
  // Two tokens of one session, before and after a rotation, do not contradict each other.
  const claims = arrivals.filter(({ belongsTo }) => belongsTo);
  const sessions = distinct(claims.map(({ belongsTo }) => belongsTo as SessionRecord));
  if (sessions.length > 1 || (sessions.length === 1 && rest.length > 0)) {
    const sessionIds = sessions.map(({ id }) => id);
    runtime.events.emit('ambiguous-cookie', { sessionIds, cookies: tokens.length });
    const nothing = new Shown(null, runtime.store.now(), origin);
    nothing.others = othersAre(claims);
    return nothing;
  }
  const live = arrivals.filter(({ standing }) => standing === 'live');
  const current = live.find(({ successor }) => !successor) ?? live[0];
  if (current) return current;
  const superseded = arrivals.find(({ standing }) => standing === 'superseded');
  const counting = superseded ?? arrivals.find(({ presented }) => presented) ?? deadArrival(runtime, origin);
  counting.others = othersAre(arrivals.filter((arrival) => arrival !== counting));
  return counting;
}

function pairsOf(arrivals: readonly Shown[]): TokenPair[] {
  return arrivals.flatMap(({ presented }) => (presented ? [presented] : []));
}

function sessionsOf(arrivals: readonly Shown[]): SessionRecord[] {
  return distinct(arrivals.flatMap(({ record }) => (record ? [record] : [])));
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
): Promise<Shown> {
  const { store } = runtime;
  const verifier = verifierOf(token);
  const id = sessionIdFrom(token, verifier);
  let absence: Absence | undefined;
  const record = await store.load(id, {
    ...options,
    mark: isRotated(token) ? joinSessionId(shardOf(id), verifier) : undefined,
    onAbsent: (end) => (absence = new Absence(end, runtime.tally)),
  });
  const arrival = new Shown({ token, id, absence }, store.now(), origin);
  if (!record) {
    noteDead(runtime, absence?.end ?? null, origin);
    return arrival;
  }
  const isCopy = store.isCopy?.(record) ?? false;
  const standing = tokenStanding(token, verifier, record, arrival.at);
  // A token may be newer than a copy. Nobody is turned away, reported or given another token on the word of one.
  if (isCopy && standing !== 'current') return arriveWith(runtime, token, origin, { fresh: true });
  switch (standing) {
    case 'current':
      arrival.record = isUnseen(record) ? await confirm(runtime, record) : record;
      arrival.belongsTo = record;
      arrival.isCopy = isCopy;
      arrival.standing = 'live';
      return arrival;
    case 'previous':
      arrival.record = record;
      arrival.belongsTo = record;
      arrival.standing = 'live';
      arrival.successor = record.rotation && successorPair(token, record.rotation);
      return arrival;
    case 'stale':
      await reportReuse(runtime, record, origin());
      arrival.standing = 'superseded';
      if (!runtime.rotation.revokeOnReuse) arrival.belongsTo = record;
      return arrival;
    case 'forged':
      runtime.tally.cookies.forged += 1;
      // It names a session that it does not open. Whose session that is, is none of its sender's business.
      return deadArrival(runtime, origin);
  }
}

function noteDead({ tally, events }: SessionRuntime, end: SessionEnd | null, origin: () => Origin): void {
  if (end) {
    tally.cookies.dead += 1;
    return;
  }
  const count = tally.noteUnknown();
  if (count !== null) events.emit('unknown-token', { ...origin(), count });
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

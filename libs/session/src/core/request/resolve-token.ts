import { Absence } from './absence.js';
import { SessionUnavailableError } from '../errors/errors.js';
import type { Client } from './loaded-session.js';
import { LoadedSession } from './loaded-session.js';
import { matchToken, successorPair } from './rotation.js';
import type { SessionRuntime } from '../runtime/runtime.js';
import type { LoadOptions, Rotation, SessionEnd, SessionRecord } from '../store/store.js';
import type { IdentifiedToken, Token } from '../record/token.js';
import { identify, isRotated, joinSessionId, shardOf } from '../record/token.js';
import type { TokenPair } from './token-pair.js';

/**
 * Loads the session that a token opens.
 *
 * @param fresh true to read from the store and not from a copy
 */
export function resolveToken(
  runtime: SessionRuntime,
  token: Token,
  client: Client,
  fresh = false,
): Promise<LoadedSession> {
  const presented: PresentedToken = identify(token);
  const { id, verifier } = presented;
  const options: LoadOptions = {
    fresh,
    mark: isRotated(token) ? joinSessionId(shardOf(id), verifier) : undefined,
    onAbsent: (end) => (presented.absence = new Absence(end, runtime.tally)),
  };
  // Every request with a session comes here: a callback allocates half as much as an async function.
  return runtime.store
    .load(id, options)
    .then((record) => resolved(runtime, new LoadedSession(client, presented, 'dead'), presented, record));
}

/** A token that was presented, and the store's reply if it opened no session. */
type PresentedToken = IdentifiedToken & TokenPair;

/** Completes the session that a token opens by the record under the token's ID. */
function resolved(
  runtime: SessionRuntime,
  loaded: LoadedSession,
  { token, verifier, absence }: PresentedToken,
  record: SessionRecord | null,
): LoadedSession | Promise<LoadedSession> {
  const { store, tally } = runtime;
  const { client } = loaded;
  if (!record) {
    countDead(runtime, absence?.end ?? null, client);
    return loaded;
  }
  const now = store.now();
  const isCopy = store.isCopy?.(record) ?? false;
  const match = matchToken(token, verifier, record, now);
  // A token may be newer than a copy. No client is rejected, reported or given another token because of a copy.
  if (isCopy && match !== 'current') return resolveToken(runtime, token, client, true);
  switch (match) {
    case 'current':
      loaded.open(record, now);
      loaded.isCopy = isCopy;
      return isUnconfirmed(record) ? confirmRotation(runtime, loaded, record) : loaded;
    case 'previous':
      loaded.open(record, now);
      loaded.successor = record.rotation && successorPair(token, record.rotation);
      return loaded;
    case 'stale':
      return supersede(runtime, loaded, record);
    case 'forged':
      tally.cookies.forged += 1;
      // The token names a session that it does not open. Reveal nothing about that session.
      return deadSession(client);
  }
}

/** Returns the session that a token opens if a copy of it is at hand and settles the matter; `null` otherwise. */
export function resolveFromCopy(
  { store }: SessionRuntime,
  token: Token,
  client: Client,
): LoadedSession | null {
  const presented = identify(token);
  const record = store.peek?.(presented.id) ?? null;
  if (!record || isUnconfirmed(record)) return null;
  const now = store.now();
  if (matchToken(token, presented.verifier, record, now) !== 'current') return null;
  const loaded = new LoadedSession(client, presented, 'live');
  loaded.open(record, now);
  loaded.isCopy = true;
  return loaded;
}

/** Returns the session of a client whose tokens open none, and say nothing of any. */
export function deadSession(client: Client): LoadedSession {
  return new LoadedSession(client, null, 'dead');
}

function countDead({ tally, events }: SessionRuntime, end: SessionEnd | null, client: Client): void {
  if (end) {
    tally.cookies.dead += 1;
    return;
  }
  const count = tally.countUnknown();
  if (count !== null) events.emit('unknown-token', { ...client.origin(), count });
}

/** A session whose current token has not been presented before. */
type Unconfirmed = SessionRecord & { readonly rotation: Rotation };

function isUnconfirmed(record: SessionRecord): record is Unconfirmed {
  return record.rotation?.graceEndAt === null;
}

/** Starts the grace period of the previous token, because the client presented the current one. */
async function confirmRotation(
  { store, events, rotation: policy }: SessionRuntime,
  loaded: LoadedSession,
  record: Unconfirmed,
): Promise<LoadedSession> {
  try {
    await store.confirmRotation(record, policy.graceMs);
    const graceEndAt = store.now() + policy.graceMs;
    loaded.record = { ...record, rotation: { ...record.rotation, graceEndAt } };
  } catch (error) {
    // The session was loaded. Keeping the old token valid a little longer is no reason to reject the client.
    if (!(error instanceof SessionUnavailableError)) throw error;
    events.emit('store-failed', { operation: 'confirm a rotation', error });
  }
  return loaded;
}

/** Reports the use of a token that is no longer valid, and ends the session if the policy says so. */
async function supersede(
  { store, events, rotation }: SessionRuntime,
  loaded: LoadedSession,
  record: SessionRecord,
): Promise<LoadedSession> {
  const { id: sessionId, userId } = record;
  const origin = loaded.client.origin();
  const isRevoked = rotation.revokeOnReuse;
  if (isRevoked) await store.destroy(sessionId, { reason: 'revoked' });
  events.emit('token-reused', { ...origin, sessionId, userId, isRevoked });
  if (isRevoked) events.emit('revoked', { sessionId, userId });
  loaded.tokenStatus = 'superseded';
  loaded.supersededIn = isRevoked ? null : record;
  return loaded;
}

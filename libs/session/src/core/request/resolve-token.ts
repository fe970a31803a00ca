import { Absence } from './absence.js';
import { SessionUnavailableError } from '../errors/errors.js';
import type { Client } from './loaded-session.js';
import { LoadedSession } from './loaded-session.js';
import { matchToken, successorPair } from './rotation.js';
import type { SessionRuntime } from '../runtime/runtime.js';
import type { LoadOptions, Rotation, SessionEnd, SessionRecord } from '../store/store.js';
import type { Token } from '../record/token.js';
import { identify, isRotated, joinSessionId, shardOf } from '../record/token.js';
import type { TokenPair } from './token-pair.js';

/** Loads the session that a token opens. */
export async function resolveToken(
  runtime: SessionRuntime,
  token: Token,
  client: Client,
  options?: LoadOptions,
): Promise<LoadedSession> {
  const { store } = runtime;
  const presented = identify(token);
  const { id, verifier } = presented;
  const pair: TokenPair = presented;
  const record = await store.load(id, {
    ...options,
    mark: isRotated(token) ? joinSessionId(shardOf(id), verifier) : undefined,
    onAbsent: (end) => (pair.absence = new Absence(end, runtime.tally)),
  });
  const loaded = new LoadedSession(client, pair, 'dead', store.now());
  if (!record) {
    countDead(runtime, pair.absence?.end ?? null, client);
    return loaded;
  }
  const isCopy = store.isCopy?.(record) ?? false;
  const match = matchToken(token, verifier, record, loaded.at);
  // A token may be newer than a copy. No client is rejected, reported or given another token because of a copy.
  if (isCopy && match !== 'current') return resolveToken(runtime, token, client, { fresh: true });
  switch (match) {
    case 'current':
      loaded.record = isUnconfirmed(record) ? await confirmRotation(runtime, record) : record;
      loaded.isCopy = isCopy;
      loaded.tokenStatus = 'live';
      return loaded;
    case 'previous':
      loaded.record = record;
      loaded.successor = record.rotation && successorPair(token, record.rotation);
      loaded.tokenStatus = 'live';
      return loaded;
    case 'stale':
      await reportReuse(runtime, record, client);
      loaded.tokenStatus = 'superseded';
      loaded.supersededIn = runtime.rotation.revokeOnReuse ? null : record;
      return loaded;
    case 'forged':
      runtime.tally.cookies.forged += 1;
      // The token names a session that it does not open. Reveal nothing about that session.
      return deadSession(runtime, client);
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
  const loaded = new LoadedSession(client, presented, 'live', now);
  loaded.record = record;
  loaded.isCopy = true;
  return loaded;
}

/** Returns the session of a client whose tokens open none, and say nothing of any. */
export function deadSession({ store }: SessionRuntime, client: Client): LoadedSession {
  return new LoadedSession(client, null, 'dead', store.now());
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
  record: Unconfirmed,
): Promise<SessionRecord> {
  try {
    await store.confirmRotation(record, policy.graceMs);
  } catch (error) {
    // The session was loaded. Keeping the old token valid a little longer is no reason to reject the client.
    if (!(error instanceof SessionUnavailableError)) throw error;
    events.emit('store-failed', { operation: 'confirm a rotation', error });
    return record;
  }
  return { ...record, rotation: { ...record.rotation, graceEndAt: store.now() + policy.graceMs } };
}

async function reportReuse(
  { store, events, rotation }: SessionRuntime,
  { id: sessionId, userId }: SessionRecord,
  client: Client,
): Promise<void> {
  const origin = client.origin();
  const isRevoked = rotation.revokeOnReuse;
  if (isRevoked) await store.destroy(sessionId, { reason: 'revoked' });
  events.emit('token-reused', { ...origin, sessionId, userId, isRevoked });
  if (isRevoked) events.emit('revoked', { sessionId, userId });
}

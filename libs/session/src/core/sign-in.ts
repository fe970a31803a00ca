import { mint } from './client-token.js';
import { SessionLimitError, SessionUnavailableError } from './errors.js';
import type { Timeouts } from './expiry.js';
import { difference, isEmpty, NO_CHANGES } from './fields.js';
import { limitFor } from './limit.js';
import type { Origin, SessionRecord, SignInIntent, SignInOutcome } from './store.js';
import type { SessionId } from './token.js';
import { shardOf, shardOfUser } from './token.js';
import type { UnitOfWork } from './unit-of-work.js';
import type { SessionUser } from './user.js';
import { userIdOf } from './user.js';

/** What a sign-in decides for itself. */
export interface SignInSettings {
  readonly timeouts: Timeouts;
  readonly persistent: boolean;
  readonly keepData: boolean;
  readonly origin: Origin;
}

/**
 * Signs a user in: a new token and id, the old token dead, the session indexed under its user and the limit enforced.
 * One step of the store when the session stays in its shard or begins here. An anonymous session that moves to its
 * user's shard takes a second step, which ends the old one; a crash in between leaves a session that nobody was ever
 * signed in to, which expires.
 *
 * @throws SessionLimitError when the user has as many sessions as allowed and the policy is to refuse
 */
export async function signIn(
  work: UnitOfWork,
  user: SessionUser,
  settings: SignInSettings,
): Promise<SessionRecord> {
  work.checkUnsealed('signed in');
  const previous = work.record;
  const next = mint(shardOfUser(userIdOf(user)));
  const keepData = settings.keepData && !work.lost && isSameOwner(previous, user);
  const intent = await intentOf(work, user, next.id, { ...settings, keepData });
  const outcome = await work.runtime.store.signIn(intent);
  if (outcome.status === 'rejected') throw rejected(work, intent, outcome);
  work.adopt(next, outcome.record);
  const before = work.fields.baseline;
  if (keepData) work.fields.acknowledge(intent.changes);
  else work.fields.reset(new Map());
  if (!intent.replaces) await retire(work, previous, keepData ? before : null);
  announce(work, intent, outcome.evicted, previous?.id ?? null);
  return outcome.record;
}

function isNobodys(record: SessionRecord | null): boolean {
  return record === null || record.userId === null;
}

/** What one user left in a session is never handed to another. */
function isSameOwner(previous: SessionRecord | null, user: SessionUser): boolean {
  return isNobodys(previous) || previous?.userId === userIdOf(user);
}

async function intentOf(
  work: UnitOfWork,
  user: SessionUser,
  id: SessionId,
  { keepData, origin, timeouts, persistent }: SignInSettings,
): Promise<SignInIntent> {
  const { record: previous, runtime } = work;
  const isInShard = previous !== null && isSameOwner(previous, user) && shardOf(previous.id) === shardOf(id);
  const changes = keepData ? await work.checkedChanges() : NO_CHANGES;
  return {
    ...origin,
    id,
    userId: userIdOf(user),
    timeouts,
    persistent,
    limit: { max: await limitFor(runtime.limit, user), onExceed: runtime.limit.onExceed },
    replaces: isInShard ? { id: previous.id, keepData } : null,
    createdAt: keepData && previous ? previous.createdAt : null,
    changes: keepData && !isInShard ? { set: work.fields.all(), remove: [] } : changes,
  };
}

/**
 * Ends what a sign-in left behind in another shard.
 *
 * @param known the fields that went over. What others have written there meanwhile follows; `null`: nothing shall
 */
async function retire(
  work: UnitOfWork,
  previous: SessionRecord | null,
  known: ReadonlyMap<string, string> | null,
): Promise<void> {
  const { store, events } = work.runtime;
  const old = previous ?? work.arrival.presented;
  if (!old || !work.record) return;
  try {
    const last = await store.destroy(old.id, { reason: 'replaced' });
    const late = last && known ? difference(known, last.fields) : NO_CHANGES;
    if (isEmpty(late)) return;
    await store.commit(work.record, late);
    work.fields.absorb(late);
  } catch (error) {
    // A session that nobody was signed in to may stay until it expires; one of another user may not.
    if (!(error instanceof SessionUnavailableError) || !isNobodys(previous)) throw error;
    events.emit('store-failed', { operation: 'end the session before a sign-in', error });
  }
}

function rejected(
  { runtime }: UnitOfWork,
  intent: SignInIntent,
  outcome: SignInOutcome & { status: 'rejected' },
): SessionLimitError {
  const { userId, device, address } = intent;
  const max = intent.limit.max ?? outcome.live.length;
  const live = outcome.live.map((record) => record.id);
  runtime.events.emit('rejected', { userId, device, address, max, live });
  return new SessionLimitError(max, outcome.live);
}

function announce(
  { runtime: { events } }: UnitOfWork,
  { id: sessionId, userId, device, address }: SignInIntent,
  evicted: readonly SessionId[],
  previousId: SessionId | null,
): void {
  events.emit('signed-in', { sessionId, userId, device, address, previousId, evicted });
  for (const id of evicted) {
    events.emit('evicted', { sessionId: id, userId, by: { sessionId, device, address } });
  }
}

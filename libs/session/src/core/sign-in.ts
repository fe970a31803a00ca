import { mint } from './client-token.js';
import { endOther, replaceOthers } from './end-others.js';
import { SessionLimitError, SessionSizeError, SessionUnavailableError } from './errors.js';
import { difference, isEmpty, NO_CHANGES, without } from './field-changes.js';
import type { LifetimeChoice } from './lifetime.js';
import { lifetimeAtSignIn } from './lifetime.js';
import { limitFor } from './limit.js';
import type { OnExceed, Origin, SessionRecord, SignInIntent, SignInOutcome } from './store.js';
import type { SessionId } from './token.js';
import { shardOf, shardOfUser } from './token.js';
import type { UnitOfWork } from './unit-of-work.js';
import type { SessionUser } from './user.js';
import { userIdOf } from './user.js';

/** What a sign-in decides for itself. */
export interface SignInSettings extends LifetimeChoice {
  readonly keepData: boolean;
  readonly origin: Origin;
  /** `undefined`: what the limit says. */
  readonly onExceed?: OnExceed;
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
  const others = (await work.others?.sessions()) ?? [];
  const intent = await intentOf(work, user, next.id, { ...settings, keepData }, others);
  await makeRoom(work, intent, others);
  const outcome = await work.runtime.store.signIn(intent);
  if (outcome.status === 'rejected') throw rejected(work, intent, outcome);
  work.adopt(next, outcome.record);
  const before = work.fields.baseline;
  const stored = isTakenOver(previous, intent) ? intent.changes : difference(before, intent.changes.set);
  if (keepData) work.fields.acknowledge(stored);
  else work.fields.reset(new Map());
  await retire(work, previous, intent, keepData ? before : null);
  work.client.noteReplaced();
  announce(work, intent, outcome.evicted, previous?.id ?? intent.replaces?.id ?? null);
  return outcome.record;
}

function isNobodys(record: SessionRecord | null): boolean {
  return record === null || record.userId === null;
}

/** Whether a sign-in goes on with the session that was there before, under its new id. */
function isTakenOver(previous: SessionRecord | null, { replaces }: SignInIntent): boolean {
  return previous !== null && replaces?.id === previous.id;
}

/** The user's own sessions among those that the request showed end now, so that none of them fills the limit. */
async function makeRoom(
  { runtime }: UnitOfWork,
  { userId, replaces }: SignInIntent,
  others: readonly SessionRecord[],
): Promise<void> {
  for (const record of others) {
    if (record.userId === userId && record.id !== replaces?.id) await endOther(runtime, record, 'replaced');
  }
}

/** What one user left in a session is never handed to another. */
function isSameOwner(previous: SessionRecord | null, user: SessionUser): boolean {
  return isNobodys(previous) || previous?.userId === userIdOf(user);
}

async function intentOf(
  work: UnitOfWork,
  user: SessionUser,
  id: SessionId,
  { keepData, origin, onExceed, ...choice }: SignInSettings,
  others: readonly SessionRecord[],
): Promise<SignInIntent> {
  const { record: previous, runtime } = work;
  const isInShard = previous !== null && isSameOwner(previous, user) && shardOf(previous.id) === shardOf(id);
  const { timeouts, persistent, absoluteEndAt, own } = await lifetimeAtSignIn(work, user, choice);
  const changes = keepData ? await work.checkedChanges(true) : NO_CHANGES;
  const other = others.find((record) => record.userId === userIdOf(user));
  return {
    ...origin,
    id,
    userId: userIdOf(user),
    timeouts,
    persistent,
    ...(absoluteEndAt !== null && { absoluteEndAt }),
    ...(choice.signedInAt !== undefined && { signedInAt: choice.signedInAt }),
    ...(own.length > 0 && { own }),
    limit: await limitFor(runtime.limit, user, onExceed),
    replaces: isInShard ? { id: previous.id, keepData } : other ? { id: other.id, keepData: false } : null,
    createdAt: keepData && previous ? previous.createdAt : null,
    changes: keepData && !isInShard ? { set: work.fields.all(), remove: [] } : changes,
  };
}

/**
 * Ends what a sign-in left behind: the session in another shard, and those that other cookies of the request open. Says
 * of the token that the client came with that it was replaced, so that no late answer to it undoes the sign-in.
 *
 * @param known the fields that went over. What others have written there meanwhile follows; `null`: nothing shall
 */
async function retire(
  work: UnitOfWork,
  previous: SessionRecord | null,
  intent: SignInIntent,
  known: ReadonlyMap<string, string> | null,
): Promise<void> {
  const { client, runtime } = work;
  const { unmarked } = client;
  const others = [previous, ...((await work.others?.sessions()) ?? [])];
  try {
    if (previous && !isTakenOver(previous, intent))
      await carryOver(work, previous, known, intent.changes.set);
    if (unmarked && client.presented?.id !== previous?.id) {
      await runtime.store.destroy(unmarked, { reason: 'replaced' });
      runtime.tally.replaced += 1;
    }
    await replaceOthers(work);
  } catch (error) {
    // A session that nobody was signed in to may stay until it expires; one of another user may not. And what others
    // wrote to it meanwhile has no place where it would make the new one too large.
    const isBearable = error instanceof SessionUnavailableError && others.every(isNobodys);
    if (!isBearable && !(error instanceof SessionSizeError)) throw error;
    runtime.events.emit('store-failed', { operation: 'end the session before a sign-in', error });
  }
}

/**
 * Ends the old session, and takes over what others have written to it meanwhile. What this request has changed itself
 * stays as it is: the sign-in came after those writes.
 *
 * @param stored the fields that the sign-in has stored
 */
async function carryOver(
  work: UnitOfWork,
  previous: SessionRecord,
  known: ReadonlyMap<string, string> | null,
  stored: ReadonlyMap<string, string>,
): Promise<void> {
  const { store } = work.runtime;
  const last = await store.destroy(previous.id, { reason: 'replaced' });
  if (!last || !known || !work.record) return;
  const late = without(difference(known, last.fields), difference(known, stored));
  if (isEmpty(late)) return;
  await store.commit(work.record, late);
  work.fields.absorb(late);
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
  { runtime: { events, limit } }: UnitOfWork,
  { id: sessionId, userId, device, address, limit: { max } }: SignInIntent,
  evicted: readonly SessionId[],
  previousId: SessionId | null,
): void {
  events.emit('signed-in', { sessionId, userId, device, address, previousId, evicted });
  for (const id of evicted) {
    events.emit('evicted', { sessionId: id, userId, by: { sessionId, device, address } });
  }
  if (limit.isSafetyBound && max !== null && evicted.length > 0) {
    events.emit('many-sessions', { sessionId, userId, device, address, max });
  }
}

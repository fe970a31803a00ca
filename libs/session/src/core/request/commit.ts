import { endOther, leaveOthers, reasonOfLeaving } from './end-others.js';
import { SessionCookiesError, SessionEndedError, SessionUnavailableError } from '../errors/errors.js';
import { isEmpty } from '../store/field-changes.js';
import { isActivityDue } from './finish-due.js';
import { isIdleAsked, lifetimeAtCreation, withIdleAtActivity } from './lifetime.js';
import { MAX_TOKENS } from './other-tokens.js';
import type { SessionState } from './session-state.js';
import { signIn } from './sign-in.js';
import type { FieldChanges, SessionRecord } from '../store/store.js';

/** Returns true if the request has changed the session. */
export function hasChanges(work: SessionState): boolean {
  if (!work.areFieldsUsed) return false;
  try {
    return work.fields.areChanged();
  } catch {
    return true; // and the commit reports the error
  }
}

/**
 * Writes the changes of the request, if there are any.
 *
 * @throws SessionEndedError when the session has ended during the request. Then nothing was written
 */
export async function commit(work: SessionState): Promise<void> {
  const { name } = work.runtime.principal;
  const mayBeSigningIn = work.principals.isActive() && work.fields.value(name) !== undefined;
  const changes = work.changesWithinSize(Boolean(work.record?.userId) || mayBeSigningIn);
  if (isEmpty(changes)) return;
  if (work.rules) await work.checkRules(changes);
  const record = work.liveRecord();
  const isPrincipalChanged = changes.set.has(name) || changes.remove.includes(name);
  if (isPrincipalChanged && work.principals.isActive() && (await followPrincipal(work, name))) return;
  const { instruments } = work.runtime.tally;
  if (!instruments) return store(work, record, changes);
  await instruments.trace(
    'commit',
    () => store(work, record, changes),
    () => work.record?.id ?? null,
  );
}

function store(work: SessionState, record: SessionRecord | null, changes: FieldChanges): Promise<void> {
  return record ? write(work, record, changes) : create(work, changes);
}

/** Returns true if recording activity is due. */
export function isTouchDue({ record, runtime, isActivity }: SessionState): boolean {
  if (!record || !isActivity) return false;
  return isActivityDue(record, runtime.store.now());
}

/** Records activity. @throws SessionEndedError when the session has ended during the request */
export async function touch(work: SessionState): Promise<void> {
  const record = work.liveRecord();
  if (!record) return;
  const active = await withIdleAtActivity(work, record);
  if (!(await work.runtime.store.touch(active))) throw await work.markEnded(record, 'activity');
  noteActivity(work, active);
}

/** Records activity, and reports a failure instead of throwing: the response needs nothing else of the store. */
export async function touchQuietly(work: SessionState): Promise<void> {
  try {
    await touch(work);
  } catch (error) {
    if (error instanceof SessionEndedError) return;
    if (!(error instanceof SessionUnavailableError)) throw error;
    work.ignoreActivity(); // one attempt per request
    work.runtime.events.emit('store-failed', { operation: 'touch', error });
  }
}

/**
 * Ends the session permanently, and the sessions of all other tokens of the request. Errors are thrown, so that no user
 * is wrongly reported as signed out.
 *
 * @throws SessionEndedError when a session was replaced during the request, and so continues under a newer token
 * @throws SessionCookiesError when the request has more tokens than are looked up
 */
export async function endSession(work: SessionState): Promise<void> {
  work.checkLoaded();
  const { record, runtime, others, clientToken } = work;
  if (record && !(await endOther(runtime, record, reasonOfLeaving(record))))
    await work.markEnded(record, null);
  const haveAllLived = await leaveOthers(work);
  const hadNone = !record && !(await others?.sessions())?.length;
  if ((!haveAllLived || hadNone) && (await clientToken.isSuperseded({ fresh: true })))
    throw work.markSuperseded();
  if (work.endedBy?.reason === 'replaced') throw new SessionEndedError(work.endedBy);
  work.dropSession();
  if (others?.isCutShort) throw new SessionCookiesError(MAX_TOKENS);
}

/**
 * Ends a session that was created for a client which has received a newer token in the meantime. The client never
 * receives the token of the discarded session.
 */
export async function discard(work: SessionState): Promise<void> {
  const { record, runtime, clientToken } = work;
  const { presented } = work.loaded;
  if (!record || !presented || record.id === presented.id || clientToken.isJoined) return;
  await runtime.store.destroy(record.id, { reason: 'replaced' });
  runtime.tally.endedAsReplaced += 1;
  runtime.tally.countLate('token', 'replaced');
  runtime.events.emit('write-refused', { sessionId: presented.id, reason: 'replaced' });
}

/** Notes that the store has recorded activity. */
export function noteActivity(work: SessionState, record: SessionRecord): void {
  work.updateRecord({ ...record, lastActiveAt: work.runtime.store.now() });
}

async function write(work: SessionState, record: SessionRecord, changes: FieldChanges): Promise<void> {
  const { store, tally } = work.runtime;
  const mayChangeIdle = isIdleAsked(work, record);
  const active = mayChangeIdle ? await withIdleAtActivity(work, record) : record;
  const keepActivity = !mayChangeIdle && !isActivityDue(record, store.now());
  // Only the first write of a request still knows the fields as they were read.
  const onNewer = work.fields.baseline === record.fields ? tally.onNewer : undefined;
  if (!(await store.commit(active, changes, { keepActivity, onNewer })))
    throw await work.markEnded(record, 'write');
  if (!keepActivity) noteActivity(work, active);
  work.fields.acknowledge(changes);
}

async function create(work: SessionState, changes: FieldChanges): Promise<void> {
  work.checkTokenCanChange('created');
  const { clientToken, runtime } = work;
  // The token of a fresh session would displace the newer one that replaced the presented token.
  if (await clientToken.isSuperseded({ fresh: true })) throw work.markSuperseded();
  const { store, persistent, tally } = runtime;
  const timeouts = await lifetimeAtCreation(work);
  const next = clientToken.pair;
  work.switchToken(next, await store.create({ id: next.id, timeouts, persistent, fields: changes.set }));
  tally.anonymous.created += 1;
  work.fields.acknowledge(changes);
}

/**
 * Signs in or out after middleware such as passport has written the user into the session.
 *
 * @returns true if it did, and so has stored everything
 */
async function followPrincipal(work: SessionState, name: string): Promise<boolean> {
  const before = storedPrincipal(work, name);
  const after = presentPrincipal(work, name);
  const signedInAs = work.record?.userId ?? null;
  if (after !== null && after !== signedInAs) {
    if (signedInAs !== null) await leaveToAnotherUser(work, name);
    await signInPrincipal(work, name, after);
    return true;
  }
  if (after !== null || before === null || before !== signedInAs) return false;
  await endSession(work);
  // The remaining fields belong to an anonymous session now, and are stored there unless the request removes them.
  work.fields.detach();
  work.fields.revert(name);
  return true;
}

/** Returns the user that the stored field names. A value that is no longer understood was understood at the sign-in. */
function storedPrincipal(work: SessionState, name: string): string | null {
  try {
    return work.runtime.principal.userIdOf(work.fields.storedValue(name));
  } catch {
    return work.record?.userId ?? null;
  }
}

function presentPrincipal(work: SessionState, name: string): string | null {
  try {
    return work.runtime.principal.userIdOf(work.fields.value(name));
  } catch (error) {
    work.fields.revert(name);
    throw error;
  }
}

async function signInPrincipal(work: SessionState, name: string, id: string): Promise<void> {
  try {
    const user = work.principals.userOf(id) ?? { id };
    await signIn(work, user, { keepData: true });
  } catch (error) {
    // Remove the rejected user from the session. Otherwise the end of the request would sign the user in.
    work.fields.revert(name);
    throw error;
  }
}

async function leaveToAnotherUser(work: SessionState, name: string): Promise<void> {
  const value = work.fields.value(name);
  await endSession(work);
  work.fields.reset(new Map());
  (work.session as unknown as Record<string, unknown>)[name] = value;
}

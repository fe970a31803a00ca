import { endOther, leaveOthers, reasonOfLeaving } from './end-others.js';
import { SessionCookiesError, SessionEndedError, SessionUnavailableError } from './errors.js';
import { touchDueAfterMs } from './expiry.js';
import { isEmpty } from './field-changes.js';
import { lifetimeAtCreation, withIdleAtActivity } from './lifetime.js';
import { MAX_COOKIES } from './other-cookies.js';
import { signIn } from './sign-in.js';
import type { FieldChanges, SessionRecord } from './store.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Whether the request has changed anything. */
export function hasChanges(work: UnitOfWork): boolean {
  try {
    return !isEmpty(work.fields.changes());
  } catch {
    return true; // and the commit will say what is wrong with them
  }
}

/**
 * Writes what the request has changed, and nothing where it changed nothing.
 *
 * @throws SessionEndedError when the session has ended meanwhile: nothing was written, and nothing comes back
 */
export async function commit(work: UnitOfWork): Promise<void> {
  const { name } = work.runtime.principal;
  const mayBeSigningIn = work.principals.isAtWork() && work.fields.value(name) !== undefined;
  const changes = await work.checkedChanges(Boolean(work.record?.userId) || mayBeSigningIn);
  if (isEmpty(changes)) return;
  const record = work.livingRecord();
  const isPrincipalChanged = changes.set.has(name) || changes.remove.includes(name);
  if (isPrincipalChanged && work.principals.isAtWork() && (await followPrincipal(work, name))) return;
  if (record) await write(work, record, changes);
  else await create(work, changes);
}

/** Whether activity is worth recording. */
export function isTouchDue({ record, runtime, hasTouchFailed, isUnattended }: UnitOfWork): boolean {
  if (!record || hasTouchFailed || isUnattended) return false;
  return runtime.store.now() - record.lastActiveAt >= touchDueAfterMs(record.idleMs);
}

/** Records activity. @throws SessionEndedError when the session has ended meanwhile */
export async function touch(work: UnitOfWork): Promise<void> {
  const record = work.livingRecord();
  if (!record) return;
  const active = await withIdleAtActivity(work, record);
  if (!(await work.runtime.store.touch(active))) throw await work.lose(record);
  noteActivity(work, active);
}

/** Records activity. An answer that needs nothing of the store does not fail because that was impossible. */
export async function touchQuietly(work: UnitOfWork): Promise<void> {
  try {
    await touch(work);
  } catch (error) {
    if (error instanceof SessionEndedError) return;
    if (!(error instanceof SessionUnavailableError)) throw error;
    work.hasTouchFailed = true;
    work.runtime.events.emit('store-failed', { operation: 'touch', error });
  }
}

/**
 * Ends the session for good, and every other session that the request showed. What fails here is reported: nobody is
 * made to believe that they are signed out.
 *
 * @throws SessionEndedError when a session has been replaced meanwhile, and so goes on under a newer token
 * @throws SessionCookiesError when the request showed more cookies than are looked at
 */
export async function endSession(work: UnitOfWork): Promise<void> {
  work.checkKnown();
  const { record, runtime, others, client } = work;
  if (record && !(await endOther(runtime, record, reasonOfLeaving(record)))) await work.lose(record);
  const haveAllLived = await leaveOthers(work);
  const hadNone = !record && !(await others?.sessions())?.length;
  if ((!haveAllLived || hadNone) && (await client.isSuperseded({ fresh: true }))) {
    work.lost = { reason: 'replaced', at: null };
  }
  if (work.lost?.reason === 'replaced') throw new SessionEndedError(work.lost);
  work.leave();
  if (others?.isCutShort) throw new SessionCookiesError(MAX_COOKIES);
}

/**
 * Ends a session that was begun for a client which has got another one meanwhile. Its cookie would displace the newer
 * one, so nobody will ever hold it.
 */
export async function discard(work: UnitOfWork): Promise<void> {
  const { record, arrival, runtime, client } = work;
  if (!record || !arrival.presented || record.id === arrival.presented.id || client.isJoined) return;
  await runtime.store.destroy(record.id, { reason: 'replaced' });
  runtime.events.emit('write-refused', { sessionId: arrival.presented.id, reason: 'replaced' });
}

/** Takes over that the store has recorded activity. */
export function noteActivity(work: UnitOfWork, record: SessionRecord): void {
  work.record = { ...record, lastActiveAt: work.runtime.store.now() };
}

async function write(work: UnitOfWork, record: SessionRecord, changes: FieldChanges): Promise<void> {
  const active = await withIdleAtActivity(work, record);
  if (!(await work.runtime.store.commit(active, changes))) throw await work.lose(record);
  noteActivity(work, active);
  work.fields.acknowledge(changes);
}

async function create(work: UnitOfWork, changes: FieldChanges): Promise<void> {
  work.checkUnsealed('created');
  const { client, runtime } = work;
  // The cookie of a fresh session would displace the newer one that replaced what this request came with.
  if (await client.isSuperseded({ fresh: true })) {
    work.lost = { reason: 'replaced', at: null };
    throw new SessionEndedError(work.lost);
  }
  const { store, persistent, tally } = runtime;
  const timeouts = await lifetimeAtCreation(work);
  const next = client.pair;
  work.adopt(next, await store.create({ id: next.id, timeouts, persistent, fields: changes.set }));
  tally.anonymous.created += 1;
  work.fields.acknowledge(changes);
}

/**
 * Signs in or out when middleware such as passport has written into the session who the user is.
 *
 * @returns whether it did, and so has stored everything
 */
async function followPrincipal(work: UnitOfWork, name: string): Promise<boolean> {
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
  // What else is in the session is nobody's now, and is stored as such if the request leaves it there.
  work.fields.detach();
  work.fields.revert(name);
  return true;
}

/** Who was signed in by the field. What cannot be understood any more was understood when the session was signed in. */
function storedPrincipal(work: UnitOfWork, name: string): string | null {
  try {
    return work.runtime.principal.userIdOf(work.fields.storedValue(name));
  } catch {
    return work.record?.userId ?? null;
  }
}

function presentPrincipal(work: UnitOfWork, name: string): string | null {
  try {
    return work.runtime.principal.userIdOf(work.fields.value(name));
  } catch (error) {
    work.fields.revert(name);
    throw error;
  }
}

async function signInPrincipal(work: UnitOfWork, name: string, id: string): Promise<void> {
  const { arrival } = work;
  try {
    const user = work.principals.userOf(id) ?? { id };
    await signIn(work, user, { keepData: true, origin: arrival.origin() });
  } catch (error) {
    // Who was refused does not stay in the session, or the end of the request would sign in after all.
    work.fields.revert(name);
    throw error;
  }
}

async function leaveToAnotherUser(work: UnitOfWork, name: string): Promise<void> {
  const value = work.fields.value(name);
  await endSession(work);
  work.fields.reset(new Map());
  (work.session as unknown as Record<string, unknown>)[name] = value;
}

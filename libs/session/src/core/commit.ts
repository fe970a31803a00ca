import { SessionEndedError, SessionUnavailableError } from './errors.js';
import { touchDueAfterMs } from './expiry.js';
import { isEmpty } from './fields.js';
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
  const changes = await work.checkedChanges();
  if (isEmpty(changes)) return;
  const record = work.livingRecord();
  const { name } = work.runtime.principal;
  if (changes.set.has(name) || changes.remove.includes(name)) {
    if (await followPrincipal(work, name)) return;
  }
  if (record) await write(work, record, changes);
  else await create(work, changes);
}

/** Whether activity is worth recording. */
export function isTouchDue({ record, runtime }: UnitOfWork): boolean {
  return record !== null && runtime.store.now() - record.lastActiveAt >= touchDueAfterMs(record.idleMs);
}

/** Records activity. @throws SessionEndedError when the session has ended meanwhile */
export async function touch(work: UnitOfWork): Promise<void> {
  const record = work.livingRecord();
  if (!record) return;
  if (!(await work.runtime.store.touch(record))) throw await work.lose(record);
  noteActivity(work, record);
}

/** Records activity. An answer that needs nothing of the store does not fail because that was impossible. */
export async function touchQuietly(work: UnitOfWork): Promise<void> {
  try {
    await touch(work);
  } catch (error) {
    if (error instanceof SessionEndedError) return;
    if (!(error instanceof SessionUnavailableError)) throw error;
    work.runtime.events.emit('store-failed', { operation: 'touch', error });
  }
}

/** Ends the session for good. What fails here is told: nobody is made to believe that they are signed out. */
export async function endSession(work: UnitOfWork): Promise<void> {
  const { record, runtime } = work;
  if (record) {
    const { id: sessionId, userId } = record;
    await runtime.store.destroy(sessionId, { reason: userId === null ? 'destroyed' : 'signed-out' });
    if (userId === null) runtime.events.emit('destroyed', { sessionId });
    else runtime.events.emit('signed-out', { sessionId, userId });
  }
  work.leave();
}

/** Takes over that the store has recorded activity. */
export function noteActivity(work: UnitOfWork, record: SessionRecord): void {
  work.record = { ...record, lastActiveAt: work.runtime.store.now() };
}

async function write(work: UnitOfWork, record: SessionRecord, changes: FieldChanges): Promise<void> {
  if (!(await work.runtime.store.commit(record, changes))) throw await work.lose(record);
  noteActivity(work, record);
  work.fields.acknowledge(changes);
}

async function create(work: UnitOfWork, changes: FieldChanges): Promise<void> {
  work.checkUnsealed('created');
  const { client, runtime } = work;
  // The cookie of a fresh session would displace the newer one that replaced what this request came with.
  if (await client.isSuperseded()) {
    work.lost = { reason: 'replaced', at: null };
    throw new SessionEndedError(work.lost);
  }
  const { store, timeouts, persistent } = runtime;
  const next = client.pair;
  work.adopt(next, await store.create({ id: next.id, timeouts, persistent, fields: changes.set }));
  work.fields.acknowledge(changes);
}

/**
 * Signs in or out when middleware such as passport has written into the session who the user is.
 *
 * @returns whether it did, and so has stored everything
 */
async function followPrincipal(work: UnitOfWork, name: string): Promise<boolean> {
  const { principal, timeouts, persistent } = work.runtime;
  const session = work.session as unknown as Record<string, unknown>;
  const before = principal.userIdOf(work.fields.storedValue(name));
  const after = principal.userIdOf(session[name]);
  const signedInAs = work.record?.userId ?? null;
  if (after !== null && after !== signedInAs) {
    if (signedInAs !== null) await leaveToAnotherUser(work, name, session[name]);
    const origin = work.arrival.origin();
    await signIn(work, { id: after }, { timeouts, persistent, keepData: true, origin });
    return true;
  }
  if (after !== null || before === null || before !== signedInAs) return false;
  // What else is in the session is nobody's now, and is stored as such if the request leaves it there.
  work.fields.detach();
  await endSession(work);
  return true;
}

async function leaveToAnotherUser(work: UnitOfWork, name: string, value: unknown): Promise<void> {
  await endSession(work);
  work.fields.reset(new Map());
  (work.session as unknown as Record<string, unknown>)[name] = value;
}

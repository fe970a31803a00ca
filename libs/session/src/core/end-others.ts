import type { SessionRuntime } from './runtime.js';
import type { EndReason, SessionRecord } from './store.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Why a session ends by its own client's wish. */
export function reasonOfLeaving({ userId }: SessionRecord): EndReason {
  return userId === null ? 'destroyed' : 'signed-out';
}

/**
 * Ends the sessions that the request's other cookies open, because its client leaves.
 *
 * @returns whether all of them lived until now
 */
export async function leaveOthers(work: UnitOfWork): Promise<boolean> {
  const sessions = (await work.others?.sessions()) ?? [];
  const outcomes = await Promise.all(
    sessions.map((record) => endOther(work.runtime, record, reasonOfLeaving(record))),
  );
  return !outcomes.includes(false);
}

/**
 * Ends the sessions that the request's other cookies open, because another one takes their place.
 *
 * @returns whether there were any
 */
export async function replaceOthers(work: UnitOfWork): Promise<boolean> {
  const { others, runtime } = work;
  const sessions = (await others?.sessions()) ?? [];
  if (sessions.length === 0) return false;
  await Promise.all(sessions.map((record) => endOther(runtime, record, 'replaced')));
  work.others = null;
  work.noteReplaced();
  return true;
}

/** @returns whether it lived */
export async function endOther(
  { store, events }: SessionRuntime,
  record: SessionRecord,
  reason: EndReason,
): Promise<boolean> {
  const { id: sessionId, userId } = record;
  if (!(await store.destroy(sessionId, { reason }))) return false;
  if (userId === null) events.emit('destroyed', { sessionId });
  else events.emit('signed-out', { sessionId, userId });
  return true;
}

import type { SessionRuntime } from '../runtime/runtime.js';
import type { SessionState } from './session-state.js';
import type { EndReason, SessionRecord } from '../store/store.js';

/** Returns the end reason of a session that its own client ends. */
export function reasonOfLeaving({ userId }: SessionRecord): EndReason {
  return userId === null ? 'destroyed' : 'signed-out';
}

/**
 * Ends the sessions of the request's further tokens, because its client signs out.
 *
 * @returns true if all of them were live
 */
export async function leaveOthers(work: SessionState): Promise<boolean> {
  const sessions = (await work.others?.sessions()) ?? [];
  const outcomes = await Promise.all(
    sessions.map((record) => endOther(work.runtime, record, reasonOfLeaving(record))),
  );
  return !outcomes.includes(false);
}

/**
 * Ends the sessions of the request's further tokens, because another session replaces them.
 *
 * @returns true if there were any
 */
export async function replaceOthers(work: SessionState): Promise<boolean> {
  const { others, runtime } = work;
  const sessions = (await others?.sessions()) ?? [];
  if (sessions.length === 0) return false;
  await Promise.all(sessions.map((record) => endOther(runtime, record, 'replaced')));
  work.dropOthers();
  work.markReplaced();
  return true;
}

/** Ends a session. @returns true if it was live */
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

import { touchDueAfterMs } from '../record/expiry.js';
import type { SessionRecord } from '../record/record.js';
import type { SessionRuntime } from '../runtime/runtime.js';
import type { LoadedSession } from './loaded-session.js';
import { isExchangeDue } from './rotation.js';

/** Returns true if a request has work to do at its end even though the application has not used the session. */
export function isFinishDue({ rotation }: SessionRuntime, loaded: LoadedSession): boolean {
  const { record, tokenStatus, successor, at } = loaded;
  if (!record) return tokenStatus === 'dead';
  return successor !== null || isActivityDue(record, at) || isExchangeDue(record, rotation, at);
}

/** Returns true if it is time to record activity in a session. */
export function isActivityDue({ lastActiveAt, idleMs }: SessionRecord, now: number): boolean {
  return now - lastActiveAt >= touchDueAfterMs(idleMs);
}

import { touchDueAfterMs } from '../record/expiry.js';
import type { SessionRecord } from '../record/record.js';
import type { SessionRuntime } from '../runtime/runtime.js';
import type { LoadedSession } from './loaded-session.js';
import { isExchangeDue } from './rotation.js';

/** Returns true if a request has work to do at its end even though the application has not used the session. */
export function isFinishDue({ rotation, store }: SessionRuntime, loaded: LoadedSession): boolean {
  const { record, tokenStatus, successor } = loaded;
  if (!record) return tokenStatus === 'dead';
  if (successor) return true;
  // The time of now, not of loading: an upload or a stream may take much of the idle timeout.
  const now = store.now();
  return isActivityDue(record, now) || isExchangeDue(record, rotation, now);
}

/** Returns true if it is time to record activity in a session. */
export function isActivityDue({ lastActiveAt, idleMs }: SessionRecord, now: number): boolean {
  return now - lastActiveAt >= touchDueAfterMs(idleMs);
}

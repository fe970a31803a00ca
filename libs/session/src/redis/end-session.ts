import type { EndedSession, EndNotice, SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { handleOf, shardOf } from '../core/record/token.js';
import { type Operation, OPERATIONS } from './operations.js';
import { decodeRecord, encodeNotice, encodeOwner, pairUp } from './record.js';
import type { StoreContext } from './store-context.js';

/** Ends a session, and returns its last state; `null` if there was none. */
export async function destroySession(
  { keys, ending, noticeTtlMs }: StoreContext,
  id: SessionId,
  notice: EndNotice,
): Promise<SessionRecord | null> {
  const names = [keys.session(id), keys.gone(id), keys.indexesOf(shardOf(id))];
  const args = [handleOf(id), encodeNotice(notice), noticeTtlMs];
  const reply = await ending.run('destroy', OPERATIONS.destroy, names, args);
  const [, last] = reply as [number, string[]];
  return decodeRecord(id, pairUp(last));
}

/** The conditions under which {@link revokeSession} ends a session. */
export interface RevocationCondition {
  /** The only user whose session may be ended. Default: any user. */
  readonly ownedBy?: string | null;
  /** The time before which the session must have begun, in milliseconds since 1970. Default: any time. */
  readonly before?: number | null;
}

/** Ends a session, and returns it; `null` if there is none, or if it does not meet the condition. */
export async function revokeSession(
  { keys, ending, noticeTtlMs }: StoreContext,
  operation: Operation,
  id: SessionId,
  notice: EndNotice,
  { ownedBy = null, before = null }: RevocationCondition,
): Promise<EndedSession | null> {
  const names = [keys.session(id), keys.gone(id), keys.indexesOf(shardOf(id))];
  const args = [handleOf(id), encodeNotice(notice), noticeTtlMs, encodeOwner(ownedBy)];
  if (before !== null) args.push(before);
  const reply = await ending.run('revoke', operation, names, args);
  const [, user] = reply as [now: number, user?: string];
  return user === undefined ? null : { id, userId: user || null };
}

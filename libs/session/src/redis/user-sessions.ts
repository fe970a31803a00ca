import { SessionUnavailableError } from '../core/errors/errors.js';
import type { EndNotice, SessionRecord } from '../core/store/store.js';
import type { SessionId, Shard } from '../core/record/token.js';
import { handleOf, joinSessionId, shardOf, shardOfUser } from '../core/record/token.js';
import { type Operation, OPERATIONS } from './operations.js';
import { decodeSessions, encodeNotice, type ListedSession } from './record.js';
import type { EndingCaller, StoreContext } from './store-context.js';

/** The maximum number of sessions that a script reads or ends, so that other calls run in between. */
const BATCH_SIZE = 100;

/** Reads a user's live sessions in small steps, latest sign-in first. */
export async function listSessions({ keys, redis }: StoreContext, userId: string): Promise<SessionRecord[]> {
  const shard = shardOfUser(userId);
  const names = [keys.index(shard, userId), keys.sessionsOf(shard)];
  // A session may be returned twice if the session that a step continued from has ended meanwhile.
  const listed = new Map<string, ListedSession>();
  let [after, score] = ['', ''];
  for (;;) {
    const args = [BATCH_SIZE, after, score];
    const reply = await redis.run('list', OPERATIONS.list, names, args);
    const [, sessions, last, lastScore] = reply as [number, ListedSession[], string?, string?];
    for (const session of sessions) listed.set(session[0], session);
    if (last === undefined || lastScore === undefined) return decodeSessions(shard, [...listed.values()]);
    [after, score] = [last, lastScore];
  }
}

/** Ends all sessions of a user but one, and returns their ids. */
export async function revokeUser(
  context: StoreContext,
  userId: string,
  notice: EndNotice,
  except: SessionId | null,
): Promise<SessionId[]> {
  const ended: SessionId[] = [];
  const target = { shard: shardOfUser(userId), userId, notice, except };
  try {
    await revokeIndexed(context, OPERATIONS.revokeAll, target, (ids) => ended.push(...ids));
    return ended;
  } catch (error) {
    if (error instanceof SessionUnavailableError) error.noteEnded(ended);
    throw error;
  }
}

/** The sessions of an index that are to be ended. */
export interface IndexedSessions {
  readonly shard: Shard;
  /** `null`: the index of anonymous sessions. */
  readonly userId: string | null;
  readonly notice: EndNotice;
  /** The session that stays. */
  readonly except: SessionId | null;
}

/**
 * Ends all sessions of an index but one. The first step cuts off all sessions of a user, however many there are, so that
 * they can no longer be used; the next steps end them in batches.
 *
 * @param onEnded called repeatedly with the sessions that each step has ended
 */
export async function revokeIndexed(
  { keys, redis, ending, noticeTtlMs }: StoreContext,
  operation: Operation,
  { shard, userId, notice, except }: IndexedSessions,
  onEnded: (ended: readonly SessionId[]) => void,
): Promise<void> {
  const index = keys.index(shard, userId);
  const cut = userId === null ? index : keys.cut(shard, userId);
  const names = [index, cut, keys.sessionsOf(shard), keys.goneOf(shard)];
  const args = [encodeNotice(notice), noticeTtlMs, sparedHandle(shard, except), BATCH_SIZE];
  let isCut = 0;

  /** @returns true if more sessions are left */
  const step = async (caller: EndingCaller): Promise<boolean> => {
    const reply = await caller.run('revoke_all', operation, names, [...args, isCut]);
    const [, handles, cutNow, hasMore] = reply as [number, string[], 0 | 1, 0 | 1];
    isCut = cutNow;
    if (handles.length > 0) onEnded(handles.map((handle) => joinSessionId(shard, handle)));
    return hasMore === 1;
  };

  if (!(await step(ending))) return;
  while (await step(redis));
  // A replica that has the last write has all writes before it, so no step in between waits for replicas.
  if (ending !== redis) await step(ending);
}

/**
 * Ends the sessions of an index that began before a time, but one, in batches. No session is cut off, because the later
 * sessions of the index stay.
 *
 * @param before milliseconds since 1970
 * @param onEnded called repeatedly with the sessions that each step has ended
 */
export async function revokeIndexedBefore(
  { keys, ending, noticeTtlMs }: StoreContext,
  operation: Operation,
  { shard, userId, notice, except }: IndexedSessions,
  before: number,
  onEnded: (ended: readonly SessionId[]) => void,
): Promise<void> {
  const names = [keys.index(shard, userId), keys.sessionsOf(shard), keys.goneOf(shard)];
  const args = [encodeNotice(notice), noticeTtlMs, sparedHandle(shard, except), BATCH_SIZE, before];
  for (;;) {
    const reply = await ending.run('revoke_before', operation, names, args);
    const [, handles, hasMore] = reply as [number, string[], 0 | 1];
    if (handles.length > 0) onEnded(handles.map((handle) => joinSessionId(shard, handle)));
    if (hasMore === 0) return;
  }
}

/** Returns the handle of a session to spare; empty if there is none in the shard. */
function sparedHandle(shard: Shard, except: SessionId | null): string {
  return except !== null && shardOf(except) === shard ? handleOf(except) : '';
}

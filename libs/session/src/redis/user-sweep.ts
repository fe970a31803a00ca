import type { EndNotice } from '../core/store/store.js';
import type { SessionId, Shard } from '../core/record/token.js';
import { handleOf, joinSessionId, shardOf } from '../core/record/token.js';
import type { RedisCall } from './caller.js';
import type { Place } from './place.js';
import { encodeNotice } from './record.js';

/** How many sessions a script ends at most, so that others have their turn in between. */
const ENDED_AT_ONCE = 100;

/** All sessions of a user, or those of nobody that an index names. */
export interface Sweep {
  readonly shard: Shard;
  /** `null`: nobody. */
  readonly userId: string | null;
  readonly notice: EndNotice;
  /** The session that is spared. */
  readonly except: SessionId | null;
}

/**
 * Ends all sessions that an index names but one. The first step cuts all of a user's sessions off, however many there
 * are; then they are ended in small steps.
 *
 * @param onEnded called with those that have ended so far, again and again
 */
export async function sweep(
  { keys, redis, endings, noticeTtlMs }: Place,
  call: Omit<RedisCall, 'key'>,
  { shard, userId, notice, except }: Sweep,
  onEnded: (ended: readonly SessionId[]) => void,
): Promise<void> {
  const index = keys.index(shard, userId);
  const cut = userId === null ? index : keys.cut(shard, userId);
  const names = [index, cut, keys.sessionsOf(shard), keys.goneOf(shard)];
  const spared = except !== null && shardOf(except) === shard ? handleOf(except) : '';
  const args = [encodeNotice(notice), noticeTtlMs, spared, ENDED_AT_ONCE];
  let isCut = 0;

  /** @returns whether there is more to do */
  const step = async (caller: Place['endings']): Promise<boolean> => {
    const reply = await caller.run('revoke_all', call, names, [...args, isCut]);
    const [now, handles, cutNow, hasMore] = reply as [number, string[], 0 | 1, 0 | 1];
    redis.synchronise(now);
    isCut = cutNow;
    if (handles.length > 0) onEnded(handles.map((handle) => joinSessionId(shard, handle)));
    return hasMore === 1;
  };

  if (!(await step(endings))) return;
  while (await step(redis));
  // Replicas that have the last write have all, so no step in between waits for them.
  if (endings !== redis) await step(endings);
}

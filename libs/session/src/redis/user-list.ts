import type { SessionRecord } from '../core/store/store.js';
import { shardOfUser } from '../core/record/token.js';
import type { RedisCaller } from './caller.js';
import type { RedisKeys } from './keys.js';
import { OPERATIONS } from './operations.js';
import { decodeSessions, FACT_NAMES, type Facts } from './record.js';

/** How many sessions a script reads at most, so that others have their turn in between. */
const LISTED_AT_ONCE = 100;

/** Reads a user's live sessions in small steps, the latest sign-in first. */
export async function listSessions(
  keys: RedisKeys,
  redis: RedisCaller,
  userId: string,
): Promise<SessionRecord[]> {
  const shard = shardOfUser(userId);
  const names = [keys.index(shard, userId), keys.sessionsOf(shard)];
  // A session may come twice where the one that a step went on from has ended meanwhile.
  const listed = new Map<string, Facts>();
  let [after, score] = ['', ''];
  for (;;) {
    const args = [LISTED_AT_ONCE, after, score, ...FACT_NAMES];
    const reply = await redis.run('list', OPERATIONS.list, names, args);
    const [now, sessions, last, lastScore] = reply as [number, Facts[], string?, string?];
    redis.synchronise(now);
    for (const facts of sessions) listed.set(facts[0], facts);
    if (last === undefined || lastScore === undefined) return decodeSessions(shard, [...listed.values()]);
    [after, score] = [last, lastScore];
  }
}

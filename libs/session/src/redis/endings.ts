import type { EndedSession, EndNotice, SessionRecord } from '../core/store.js';
import type { SessionId } from '../core/token.js';
import { handleOf, joinSessionId, shardOf, shardOfUser } from '../core/token.js';
import type { Place } from './everyone.js';
import { Everyone } from './everyone.js';
import { OPERATIONS } from './operations.js';
import { decodeRecord, encodeNotice, pairUp } from './record.js';

/** What ends sessions: one, those of a user, or all. Each leaves a notice that says why. */
export class Endings {
  constructor(private readonly place: Place) {}

  /** @returns what the session last held; `null` when it was gone already */
  async destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null> {
    const { keys, redis, endings, noticeTtlMs } = this.place;
    const names = [keys.session(id), keys.gone(id), keys.indexesOf(shardOf(id))];
    const args = [handleOf(id), encodeNotice(notice), noticeTtlMs];
    const reply = await endings.run('destroy', OPERATIONS.destroy, names, args);
    const [now, last] = reply as [number, string[]];
    redis.synchronise(now);
    return decodeRecord(id, pairUp(last));
  }

  /** @returns the sessions of the user that it ended */
  async revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]> {
    const { keys, redis, endings, noticeTtlMs } = this.place;
    const shard = shardOfUser(userId);
    const names = [keys.index(shard, userId), keys.sessionsOf(shard), keys.goneOf(shard)];
    const spared = except !== null && shardOf(except) === shard ? handleOf(except) : '';
    const args = [encodeNotice(notice), noticeTtlMs, spared];
    const reply = await endings.run('revoke_all', OPERATIONS.revokeAll, names, args);
    const [now, ended] = reply as [number, string[]];
    redis.synchronise(now);
    return ended.map((handle) => joinSessionId(shard, handle));
  }

  /** Calls `onEnded` with those that have ended so far, again and again. */
  revokeEveryone(
    notice: EndNotice,
    except: SessionId | null,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void> {
    return new Everyone(this.place, notice, except, onEnded).revoke();
  }
}

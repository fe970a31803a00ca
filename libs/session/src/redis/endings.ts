import { SessionUnavailableError } from '../core/errors/errors.js';
import type { EndedSession, EndNotice, SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { handleOf, shardOf, shardOfUser } from '../core/record/token.js';
import type { RevokeReply } from './everyone.js';
import { Everyone } from './everyone.js';
import { OPERATIONS } from './operations.js';
import type { Place } from './place.js';
import { decodeRecord, encodeNotice, encodeOwner, pairUp } from './record.js';
import { sweep } from './user-sweep.js';

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

  /** @returns the session that it ended; `null` when there is none, or it is another's */
  async revoke(id: SessionId, notice: EndNotice, ownedBy: string | null): Promise<EndedSession | null> {
    const { keys, redis, endings, noticeTtlMs } = this.place;
    const names = [keys.session(id), keys.gone(id), keys.indexesOf(shardOf(id))];
    const args = [handleOf(id), encodeNotice(notice), noticeTtlMs, encodeOwner(ownedBy)];
    const reply = await endings.run('revoke', OPERATIONS.revoke, names, args);
    const [now, user] = reply as RevokeReply;
    redis.synchronise(now);
    return user === undefined ? null : { id, userId: user || null };
  }

  /** @returns the sessions of the user that it ended */
  async revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]> {
    const ended: SessionId[] = [];
    const target = { shard: shardOfUser(userId), userId, notice, except };
    try {
      await sweep(this.place, OPERATIONS.revokeAll, target, (ids) => ended.push(...ids));
      return ended;
    } catch (error) {
      if (error instanceof SessionUnavailableError) error.noteEnded(ended);
      throw error;
    }
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

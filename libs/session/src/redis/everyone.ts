import type { EndedSession, EndNotice } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { handleOf, shardOf } from '../core/record/token.js';
import { KeyWalk } from './key-walk.js';
import { OPERATIONS } from './operations.js';
import type { Place } from './place.js';
import { encodeNotice, encodeOwner } from './record.js';
import { toStoreError } from './redis-error.js';
import { sweep } from './user-sweep.js';

/** What the script answers that ends one session. */
export type RevokeReply = [now: number, user?: string];

/**
 * Ends the sessions of everyone, in two walks over the keys: by their own names, and by the indexes.
 *
 * SCAN gives every key that is there from its beginning to its end, but may miss one that gets another name meanwhile.
 * A session gets one by `regenerate`, which at the same time enters it into an index, be it that of nobody. The name of
 * an index stays. So what the first walk misses, the second one finds, whatever it is called by then: a session that is cut off
 * gets no other name, and one of nobody is entered into the index that is being emptied.
 */
export class Everyone {
  constructor(
    private readonly place: Place,
    private readonly notice: EndNotice,
    private readonly except: SessionId | null,
    private readonly onEnded: (ended: readonly EndedSession[]) => void,
  ) {}

  async revoke(): Promise<void> {
    const { client, deadlineMs, keys } = this.place;
    try {
      const walk = await KeyWalk.begin(client, deadlineMs);
      for await (const names of walk.over(keys.everySession)) await this.endSessions(names);
      for await (const names of walk.over(keys.everyIndex)) await this.endIndexed(names);
      await walk.confirm();
    } catch (error) {
      throw toStoreError(OPERATIONS.revokeEveryone.operation, error);
    }
  }

  /** Whatever fails, those are told of that were ended. */
  private async endSessions(names: readonly string[]): Promise<void> {
    const { keys, redis, endings } = this.place;
    const found = names.map((name) => keys.sessionOf(name));
    const ids = found.filter((id) => id !== null && id !== this.except) as SessionId[];
    const most = await Promise.allSettled(ids.slice(0, -1).map((id) => this.end(redis, id)));
    // Replicas that have the last of them have all, so one wait for them is enough.
    const last = await Promise.allSettled(ids.slice(-1).map((id) => this.end(endings, id)));
    const outcomes = [...most, ...last];
    const ended = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
    if (ended.length > 0) this.onEnded(ended);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason as Error;
  }

  private async endIndexed(names: readonly string[]): Promise<void> {
    const { place, notice, except } = this;
    const indexes = names.map((name) => place.keys.indexOf(name)).filter((index) => index !== null);
    for (const { shard, userId } of indexes) {
      await sweep(place, OPERATIONS.revokeEveryone, { shard, userId, notice, except }, (ids) =>
        this.onEnded(ids.map((id) => ({ id, userId }))),
      );
    }
  }

  private async end(caller: Place['endings'], id: SessionId): Promise<EndedSession[]> {
    const { keys, noticeTtlMs } = this.place;
    const names = [keys.session(id), keys.gone(id), keys.indexesOf(shardOf(id))];
    const args = [handleOf(id), encodeNotice(this.notice), noticeTtlMs, encodeOwner(null)];
    const reply = await caller.run('revoke', OPERATIONS.revokeEveryone, names, args);
    const [, user] = reply as RevokeReply;
    return user === undefined ? [] : [{ id, userId: user || null }];
  }
}

import type { BulkSelection, EndedSession, EndNotice } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { revokeSession } from './end-session.js';
import { KeyWalk } from './key-walk.js';
import { OPERATIONS } from './operations.js';
import { toStoreError } from './redis-error.js';
import type { EndingCaller, StoreContext } from './store-context.js';
import { revokeIndexed, revokeIndexedBefore } from './user-sessions.js';

/**
 * Ends the selected sessions of all users, and the selected anonymous ones, in two walks over the keys: those of sessions,
 * then of indexes.
 *
 * SCAN returns every key that exists for the whole duration of the scan, but may miss a key that is renamed meanwhile.
 * `regenerate` renames the key of a session, and at the same time adds the session to an index, even if the session is
 * anonymous. The key of an index is never renamed. So the second walk finds the sessions that the first one missed: a
 * session that is cut off cannot be renamed, and an anonymous one is added to the index that is being emptied. With
 * `signedInBefore`, no session is cut off: a new id leaves the beginning of a session unchanged, so each step ends it under the
 * id that it has.
 */
export class EveryoneRevocation {
  constructor(
    private readonly context: StoreContext,
    private readonly notice: EndNotice,
    private readonly selection: BulkSelection,
    private readonly onEnded: (ended: readonly EndedSession[]) => void,
  ) {}

  async run(): Promise<void> {
    const { client, deadlineMs, keys } = this.context;
    try {
      const walk = await KeyWalk.begin(client, deadlineMs);
      for await (const names of walk.over(keys.everySession)) await this.endSessions(names);
      for await (const names of walk.over(keys.everyIndex)) await this.endIndexed(names);
      await walk.confirm();
    } catch (error) {
      throw toStoreError(OPERATIONS.revokeEveryone.operation, error);
    }
  }

  /** Ends sessions by their keys. Reports the ended ones even if others fail. */
  private async endSessions(names: readonly string[]): Promise<void> {
    const { keys, redis, ending } = this.context;
    const found = names.map((name) => keys.sessionOf(name));
    const ids = found.filter((id) => id !== null && id !== this.selection.except) as SessionId[];
    const most = await Promise.allSettled(ids.slice(0, -1).map((id) => this.end(redis, id)));
    // A replica that has the last write has all writes before it, so one wait is enough.
    const last = await Promise.allSettled(ids.slice(-1).map((id) => this.end(ending, id)));
    const outcomes = [...most, ...last];
    const ended = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' && outcome.value ? [outcome.value] : [],
    );
    if (ended.length > 0) this.onEnded(ended);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason as Error;
  }

  /** Ends the sessions of indexes by the keys of the indexes. */
  private async endIndexed(names: readonly string[]): Promise<void> {
    const {
      context,
      notice,
      selection: { except, signedInBefore: before },
    } = this;
    const indexes = names.map((name) => context.keys.indexOf(name)).filter((index) => index !== null);
    for (const { shard, userId } of indexes) {
      const target = { shard, userId, notice, except };
      const onEnded = (ids: readonly SessionId[]) => this.onEnded(ids.map((id) => ({ id, userId })));
      if (before === null) await revokeIndexed(context, OPERATIONS.revokeEveryone, target, onEnded);
      else await revokeIndexedBefore(context, OPERATIONS.revokeEveryone, target, before, onEnded);
    }
  }

  private end(ending: EndingCaller, id: SessionId): Promise<EndedSession | null> {
    const condition = { before: this.selection.signedInBefore };
    return revokeSession({ ...this.context, ending }, OPERATIONS.revokeEveryone, id, this.notice, condition);
  }
}

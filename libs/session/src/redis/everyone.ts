import type { Cluster, Redis } from 'ioredis';
import type { EndedSession, EndNotice } from '../core/store.js';
import type { SessionId } from '../core/token.js';
import { handleOf, joinSessionId, shardOf } from '../core/token.js';
import type { RedisCaller } from './caller.js';
import { KeyWalk } from './key-walk.js';
import type { RedisKeys } from './keys.js';
import { OPERATIONS } from './operations.js';
import { encodeNotice } from './record.js';
import { toStoreError } from './redis-error.js';
import type { ScriptName } from './scripts.js';

/** Where sessions are, and what ends them. */
export interface Place {
  readonly client: Redis | Cluster;
  readonly keys: RedisKeys;
  readonly redis: RedisCaller;
  /** What runs the scripts that end sessions, and maybe waits for replicas. */
  readonly endings: Pick<RedisCaller, 'run'>;
  readonly deadlineMs: number;
  readonly noticeTtlMs: number;
}

/** One script that ends sessions, and how to read its reply. */
interface Ending {
  readonly script: ScriptName;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  readonly endedOf: (reply: never) => EndedSession[];
}

/**
 * Ends the sessions of everyone, in two walks over the keys: by their own names, and by the indexes.
 *
 * SCAN gives every key that is there from its beginning to its end, but may miss one that gets another name meanwhile.
 * A session gets one by `regenerate`, which at the same time enters it into an index, be it that of nobody. The name of
 * an index stays. So what the first walk misses, the second one finds, whatever it is called by then; and the script
 * that ends the sessions of an index sees them all at one moment.
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
      for await (const names of walk.over(keys.everySession)) await this.end(this.sessionsIn(names));
      for await (const names of walk.over(keys.everyIndex)) await this.end(this.indexesIn(names));
      await walk.confirm();
    } catch (error) {
      throw toStoreError(OPERATIONS.revokeEveryone.operation, error);
    }
  }

  private sessionsIn(names: readonly string[]): Ending[] {
    const { keys, noticeTtlMs } = this.place;
    const ids = names.map((name) => keys.sessionOf(name)).filter((id) => id !== null && id !== this.except);
    return (ids as SessionId[]).map((id) => ({
      script: 'revoke',
      keys: [keys.session(id), keys.gone(id), keys.indexesOf(shardOf(id))],
      args: [handleOf(id), encodeNotice(this.notice), noticeTtlMs],
      endedOf: ([, user]: [number, string?]) => (user === undefined ? [] : [{ id, userId: user || null }]),
    }));
  }

  private indexesIn(names: readonly string[]): Ending[] {
    const { keys, noticeTtlMs } = this.place;
    const indexes = names.map((name) => keys.indexOf(name)).filter((index) => index !== null);
    return indexes.map(({ shard, userId }) => {
      const spared = this.except !== null && shardOf(this.except) === shard ? handleOf(this.except) : '';
      return {
        script: 'revoke_all',
        keys: [keys.index(shard, userId), keys.sessionsOf(shard), keys.goneOf(shard)],
        args: [encodeNotice(this.notice), noticeTtlMs, spared],
        endedOf: ([, handles]: [number, string[]]) =>
          handles.map((handle) => ({ id: joinSessionId(shard, handle), userId })),
      };
    });
  }

  /** Whatever fails, those are told of that were ended. */
  private async end(endings: readonly Ending[]): Promise<void> {
    const { redis } = this.place;
    const most = await Promise.allSettled(endings.slice(0, -1).map((ending) => this.run(redis, ending)));
    // Replicas that have the last of them have all, so one wait for them is enough.
    const last = await Promise.allSettled(
      endings.slice(-1).map((ending) => this.run(this.place.endings, ending)),
    );
    const outcomes = [...most, ...last];
    const ended = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
    if (ended.length > 0) this.onEnded(ended);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason as Error;
  }

  private async run(caller: Pick<RedisCaller, 'run'>, ending: Ending): Promise<EndedSession[]> {
    const reply = await caller.run(ending.script, OPERATIONS.revokeEveryone, ending.keys, ending.args);
    return ending.endedOf(reply as never);
  }
}

import type { SessionId, Shard } from '../core/token.js';
import { handleOf, parseSessionId, shardOf } from '../core/token.js';

/**
 * The names of all keys in Redis. `docs/redis-schema.md` says what is behind each.
 *
 * The shard stands in braces, so that Redis Cluster puts all keys of a shard in one slot.
 */
export class RedisKeys {
  constructor(private readonly prefix: string) {}

  /** A session: a hash. */
  session(id: SessionId): string {
    return this.sessionsOf(shardOf(id)) + handleOf(id);
  }

  /** Why a session is gone: a string. */
  gone(id: SessionId): string {
    return this.goneOf(shardOf(id)) + handleOf(id);
  }

  /** The live sessions of a user: a sorted set of handles. */
  index(shard: Shard, userId: string): string {
    return this.indexesOf(shard) + userId;
  }

  /** What a process asks to be told of, to know that it is told of changes. Nothing is ever in it. */
  probe(shard: Shard, name: string): string {
    return `${this.prefix}{${shard}}:probe:${name}`;
  }

  /** The session whose key this is; `null`: it is another key. */
  sessionOf(key: string): SessionId | null {
    const { prefix } = this;
    if (!key.startsWith(`${prefix}{`) || key.slice(prefix.length + 4, prefix.length + 6) !== '}:')
      return null;
    return parseSessionId(key.slice(prefix.length + 1, prefix.length + 4) + key.slice(prefix.length + 6));
  }

  /** What the keys of a shard's sessions begin with. Scripts append the handles that they find in an index. */
  sessionsOf(shard: Shard): string {
    return `${this.prefix}{${shard}}:`;
  }

  /** What the keys of a shard's notices begin with. */
  goneOf(shard: Shard): string {
    return `${this.prefix}{${shard}}:gone:`;
  }

  /** What the keys of a shard's indexes begin with. A script appends the user whom it finds in a session. */
  indexesOf(shard: Shard): string {
    return `${this.prefix}{${shard}}:u:`;
  }
}

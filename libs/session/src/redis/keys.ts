import type { SessionId, Shard } from '../core/record/token.js';
import { handleOf, parseSessionId, shardOf } from '../core/record/token.js';

const HANDLE_LENGTH = 22;

/** A text as it stands in a pattern of SCAN. */
export function patternOf(text: string): string {
  return text.replaceAll(/[\\*?[\]^]/g, '\\$&');
}

/**
 * The names of all keys in Redis. `docs/reference/redis-schema.md` says what is behind each.
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

  /**
   * The live sessions of a user: a sorted set. Nobody has one too, in each shard: of the sessions there that have been
   * given another id.
   */
  index(shard: Shard, userId: string | null): string {
    return this.indexesOf(shard) + (userId ?? '');
  }

  /** The sessions of a user that were cut off together and are yet to be ended: what was the index before. */
  cut(shard: Shard, userId: string): string {
    return `${this.prefix}{${shard}}:cut:${userId}`;
  }

  /** What keeps a sign-in that is sent twice from being two: a string. By a digest of the token that the client showed. */
  source(shard: Shard, digest: string): string {
    return `${this.prefix}{${shard}}:from:${digest}`;
  }

  /** What a process asks to be told of, to know that it is told of changes. Nothing is ever in it. */
  probe(shard: Shard, name: string): string {
    return `${this.prefix}{${shard}}:probe:${name}`;
  }

  /** The keys of all sessions, as SCAN takes a pattern. */
  get everySession(): string {
    return `${this.everyShard}${'?'.repeat(HANDLE_LENGTH)}`;
  }

  /** The keys of all indexes. */
  get everyIndex(): string {
    return `${this.everyShard}u:*`;
  }

  private get everyShard(): string {
    return `${patternOf(this.prefix)}{???}:`;
  }

  /** The index whose key this is, and so whose sessions it has; `null`: it is another key. */
  indexOf(key: string): { readonly shard: Shard; readonly userId: string | null } | null {
    const shard = key.slice(this.prefix.length + 1, this.prefix.length + 4) as Shard;
    const begin = this.indexesOf(shard);
    return key.startsWith(begin) ? { shard, userId: key.slice(begin.length) || null } : null;
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

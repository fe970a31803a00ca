import type { SessionId, Shard } from '../core/record/token.js';
import { handleOf, parseSessionId, shardOf } from '../core/record/token.js';

const HANDLE_LENGTH = 22;
/** Leases belong to no user, so any shard will do. */
const LEASE_SHARD = 'AAA' as Shard;

/**
 * The content of a key of the module.
 *
 * - `session`: a session. `index`: the sessions of a user, or the anonymous sessions of a shard that got another ID
 * - `cut`: sessions of a user that were revoked together and have yet to be ended. `notice`: the end notice of a session
 * - `sign-in`: a sign-in that the client may repeat. `probe`: a key of a health check, which exists for an instant
 * - `lease`: the right of one process to sample server figures
 */
export type SessionKeyKind = 'session' | 'index' | 'cut' | 'notice' | 'sign-in' | 'probe' | 'lease';

/** The kinds of keys whose name has a word after the shard. */
const WORDS = {
  u: 'index',
  cut: 'cut',
  gone: 'notice',
  from: 'sign-in',
  probe: 'probe',
  lease: 'lease',
} as const;

/** Returns a text with the special characters of a SCAN pattern escaped. */
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

  /** Returns the key of a session: a hash. */
  session(id: SessionId): string {
    return this.sessionsOf(shardOf(id)) + handleOf(id);
  }

  /** Returns the key of the reason why a session ended: a string. */
  gone(id: SessionId): string {
    return this.goneOf(shardOf(id)) + handleOf(id);
  }

  /**
   * Returns the key of the index of a user's live sessions: a sorted set. In each shard, anonymous sessions that were
   * given another id have an index too.
   */
  index(shard: Shard, userId: string | null): string {
    return this.indexesOf(shard) + (userId ?? '');
  }

  /** Returns the key of sessions of a user that were cut off together and have yet to be ended: the former index. */
  cut(shard: Shard, userId: string): string {
    return `${this.prefix}{${shard}}:cut:${userId}`;
  }

  /** Returns the key that makes a repeated sign-in idempotent: a string, by a digest of the presented token. */
  source(shard: Shard, digest: string): string {
    return `${this.prefix}{${shard}}:from:${digest}`;
  }

  /** Returns a key that stays empty, which a process watches to verify that invalidations arrive. */
  probe(shard: Shard, name: string): string {
    return `${this.prefix}{${shard}}:probe:${name}`;
  }

  /** Returns the key of a lease, which all processes find under one name: a string. */
  lease(name: string): string {
    return `${this.prefix}{${LEASE_SHARD}}:lease:${name}`;
  }

  /** The SCAN pattern of the keys of all sessions. */
  get everySession(): string {
    return `${this.everyShard}${'?'.repeat(HANDLE_LENGTH)}`;
  }

  /** The SCAN pattern of the keys of all indexes. */
  get everyIndex(): string {
    return `${this.everyShard}u:*`;
  }

  /** The SCAN pattern of all keys with the prefix. */
  get everyKey(): string {
    return `${patternOf(this.prefix)}*`;
  }

  private get everyShard(): string {
    return `${patternOf(this.prefix)}{???}:`;
  }

  /** Returns the shard and the user of an index by its key; `null` for other keys. */
  indexOf(key: string): { readonly shard: Shard; readonly userId: string | null } | null {
    const shard = key.slice(this.prefix.length + 1, this.prefix.length + 4) as Shard;
    const begin = this.indexesOf(shard);
    return key.startsWith(begin) ? { shard, userId: key.slice(begin.length) || null } : null;
  }

  /** Returns the content of a key by its name; `null` if it is none of the module's keys. */
  kindOf(key: string): SessionKeyKind | null {
    if (this.sessionOf(key)) return 'session';
    const [, word = ''] = /^\{[A-Za-z0-9_-]{3}\}:([a-z]+):/.exec(key.slice(this.prefix.length)) ?? [];
    return key.startsWith(this.prefix) && Object.hasOwn(WORDS, word)
      ? WORDS[word as keyof typeof WORDS]
      : null;
  }

  /** Returns the id of a session by its key; `null` for other keys. */
  sessionOf(key: string): SessionId | null {
    const { prefix } = this;
    if (!key.startsWith(`${prefix}{`) || key.slice(prefix.length + 4, prefix.length + 6) !== '}:')
      return null;
    return parseSessionId(key.slice(prefix.length + 1, prefix.length + 4) + key.slice(prefix.length + 6));
  }

  /** Returns the prefix of the keys of a shard's sessions. Scripts append the handles from an index. */
  sessionsOf(shard: Shard): string {
    return `${this.prefix}{${shard}}:`;
  }

  /** Returns the prefix of the keys of a shard's notices. */
  goneOf(shard: Shard): string {
    return `${this.prefix}{${shard}}:gone:`;
  }

  /** Returns the prefix of the keys of a shard's indexes. A script appends the user of a session. */
  indexesOf(shard: Shard): string {
    return `${this.prefix}{${shard}}:u:`;
  }
}

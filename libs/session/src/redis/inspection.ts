import type { Cluster, Redis } from 'ioredis';
import type { RecordProblem, SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { handleOf, joinSessionId, shardOf, shardOfUser } from '../core/record/token.js';
import { withDeadline } from './deadline.js';
import { isCluster, mastersOf } from './ioredis-internals.js';
import { KeyWalk } from './key-walk.js';
import { RedisKeys, type SessionKeyKind } from './keys.js';
import { decodeRecord, layoutOf, problemOf, RESERVED_FIELDS, type StoredHash } from './record.js';
import { NotConnectedError, OTHER_TYPE, redisErrorCode, toStoreError } from './redis-error.js';
import { readServerFigures } from './server-figures.js';
import { keyPrefixOf, masterOf } from './slots.js';
import type { IoredisClient } from './target.js';

/** Settings of a {@link RedisInspection}. */
export interface RedisInspectionSettings {
  /**
   * The prefix of all keys.
   *
   * @defaultValue 'session:'
   */
  readonly prefix?: string;
  /**
   * The time within which Redis must reply to each step, in milliseconds.
   *
   * @defaultValue 5000
   */
  readonly deadlineMs?: number;
}

/** A key with the module's prefix. */
export interface StoredKey {
  readonly name: string;
  /** The content of the key; `null` if no version of the module writes such a key. */
  readonly kind: SessionKeyKind | null;
  /** The session whose key this is; `null` for other keys. */
  readonly sessionId: SessionId | null;
  /** The user whose index this is; `null` for other keys, and for the index of anonymous sessions. */
  readonly userId: string | null;
}

/** The keys that one step of a walk has found. */
export interface InspectionStep {
  /** The connection to the server that has the keys. */
  readonly node: Redis;
  readonly keys: readonly StoredKey[];
  /** The approximate number of keys that the server has examined in this step, with any prefix. */
  readonly examined: number;
  /** The part of all keys that the walk has examined, from 0 to 1. An estimate, because keys come and go. */
  readonly progress: number;
}

/** A session as it is stored, without the application's fields. */
export interface StoredSession {
  readonly id: SessionId;
  /** The session; `null` if the key holds none that this version can read. */
  readonly record: SessionRecord | null;
  /** The reason that the key holds no readable session; `null` if it does. */
  readonly problem: RecordProblem | null;
  /** The version of the layout; `null` if the key has none. */
  readonly layout: number | null;
  /**
   * Time to the expiry of the key, in milliseconds; `Infinity` if the key never expires, `null` if the user may not run
   * PTTL.
   */
  readonly expiresInMs: number | null;
}

/** An entry of a user's index whose session does not exist, although it has not timed out. */
export interface OrphanedEntry {
  readonly userId: string;
  readonly sessionId: SessionId;
}

const DEFAULTS = { prefix: 'session:', deadlineMs: 5_000 };
/** The replies of PTTL for a key that never expires, and for an absent key. */
const [NO_EXPIRY, ABSENT] = [-1, -2];
/** The number of entries of an index that one command reads. */
const ENTRIES_PER_STEP = 100;

/**
 * Reads what the module has stored, for an operator's tools. Reads in small steps, so Redis serves the application in
 * between. Changes nothing.
 */
export class RedisInspection {
  private readonly client: Redis | Cluster;
  private readonly keys: RedisKeys;
  private readonly deadlineMs: number;

  constructor(client: IoredisClient, settings: RedisInspectionSettings = {}) {
    const { prefix, deadlineMs } = { ...DEFAULTS, ...settings };
    this.client = client as Redis | Cluster;
    this.keys = new RedisKeys(prefix);
    this.deadlineMs = deadlineMs;
  }

  /** The connections to the servers that receive writes. */
  get masters(): readonly Redis[] {
    return mastersOf(this.client);
  }

  /**
   * Walks over all keys with the prefix, on one master after another. Finds every key that exists during the whole walk,
   * some twice.
   *
   * @throws SessionUnavailableError if Redis does not reply in time, or if keys may have been missed because a connection was
   * lost or slots of a Cluster were moved
   */
  async *walk(): AsyncGenerator<InspectionStep> {
    try {
      const walk = await KeyWalk.begin(this.client, this.deadlineMs);
      const total = await this.countKeys();
      let examined = 0;
      for await (const step of walk.steps(this.keys.everyKey)) {
        examined += step.examined;
        const progress = Math.min(examined / Math.max(total, 1), 1);
        const keys = step.names.map((name) => this.describe(name));
        yield { node: step.node, keys, examined: step.examined, progress };
      }
      await walk.confirm();
    } catch (error) {
      throw toStoreError('walk over the keys', error);
    }
  }

  /**
   * Reads the sessions among the keys of a step, in one round trip. Sessions that have ended since are left out.
   *
   * @throws SessionUnavailableError if Redis does not reply in time
   */
  async read({ node, keys }: Pick<InspectionStep, 'node' | 'keys'>): Promise<StoredSession[]> {
    const sessions = keys.filter(({ kind }) => kind === 'session');
    const pipeline = node.pipeline();
    for (const { name } of sessions) {
      const key = this.nameOn(name);
      pipeline.hmget(key, ...RESERVED_FIELDS).pttl(key);
    }
    const replies = await this.run(() => pipeline.exec());
    return sessions.flatMap(({ sessionId }, index) => {
      const [hash, ttl] = (replies ?? []).slice(2 * index, 2 * index + 2) as [PipelineReply, PipelineReply];
      return storedSession(sessionId as SessionId, hash, ttl) ?? [];
    });
  }

  /**
   * Returns one session as it is stored, even one that this version cannot read; `null` if there is none.
   *
   * @throws SessionUnavailableError if Redis does not reply in time
   */
  async find(id: SessionId): Promise<StoredSession | null> {
    const name = this.keys.session(id);
    const node = masterOf(this.client, name);
    if (!node) throw toStoreError('read stored sessions', new NotConnectedError('no server owns the slot'));
    const [session = null] = await this.read({ node, keys: [this.describe(name)] });
    return session;
  }

  /**
   * Returns the IDs of users' sessions that no index names. Such a session is in no list and no limit, and ends at its next
   * write.
   */
  async findUnindexed(node: Redis, sessions: readonly StoredSession[]): Promise<SessionId[]> {
    const signedIn = sessions.filter(({ record }) => record?.userId);
    const pipeline = node.pipeline();
    for (const { id, record } of signedIn) {
      const index = this.keys.index(shardOf(id), record?.userId ?? null);
      // The session is checked last: an index expires no earlier than its sessions.
      pipeline.zscore(this.nameOn(index), handleOf(id)).exists(this.nameOn(this.keys.session(id)));
    }
    const replies = (await this.run(() => pipeline.exec())) ?? [];
    return signedIn
      .filter((_, place) => {
        const [[, score], [, isPresent]] = replies.slice(2 * place, 2 * place + 2) as [
          PipelineReply,
          PipelineReply,
        ];
        return score === null && isPresent === 1;
      })
      .map(({ id }) => id);
  }

  /**
   * Returns the keys of a step that never expire, without those of sessions, which {@link read} examines. Every key of the
   * module has an expiry.
   */
  async findImmortal({ node, keys }: Pick<InspectionStep, 'node' | 'keys'>): Promise<StoredKey[]> {
    const others = keys.filter(({ kind }) => kind !== 'session' && kind !== null);
    const pipeline = node.pipeline();
    for (const { name } of others) pipeline.pttl(this.nameOn(name));
    const replies = await this.run(() => pipeline.exec());
    return others.filter((_, index) => replies?.[index]?.[1] === NO_EXPIRY);
  }

  /**
   * Returns the entries of the users' indexes among the keys of a step whose sessions do not exist, although they have not
   * timed out. `RedisStore.list()` removes them. Entries of sessions that have timed out are left out: the module removes
   * them at the next sign-in.
   */
  async findOrphans({ node, keys }: Pick<InspectionStep, 'node' | 'keys'>): Promise<OrphanedEntry[]> {
    const indexes = keys.filter(({ kind, userId }) => kind === 'index' && userId !== null);
    // At once, because each takes a few round trips and little work of the server.
    const orphans = indexes.map(({ name, userId }) => this.orphansOf(node, name, userId as string));
    return (await Promise.all(orphans)).flat();
  }

  private async orphansOf(node: Redis, name: string, userId: string): Promise<OrphanedEntry[]> {
    const shard = shardOfUser(userId);
    const index = this.nameOn(name);
    const orphans: OrphanedEntry[] = [];
    for (let first = 0; ; first += ENTRIES_PER_STEP) {
      // Marks have the lower scores, so they come first.
      const members = await this.run(() =>
        node.zrange(index, String(first), String(first + ENTRIES_PER_STEP - 1)),
      );
      const marks = members.filter((member) => member.startsWith('@'));
      const ids = marks.map((mark) => joinSessionId(shard, mark.slice(1)));
      orphans.push(...(await this.absentOf(node, index, ids)).map((sessionId) => ({ userId, sessionId })));
      if (marks.length < ENTRIES_PER_STEP) return orphans;
    }
  }

  /** Returns the sessions that an index has as live, and that do not exist. */
  private async absentOf(node: Redis, index: string, ids: readonly SessionId[]): Promise<SessionId[]> {
    const pipeline = node.pipeline();
    // The entry is read last: a session that ends in between leaves none.
    for (const id of ids) pipeline.exists(this.nameOn(this.keys.session(id))).zscore(index, handleOf(id));
    // Entries end by the clock of the server.
    pipeline.time();
    const replies = (await this.run(() => pipeline.exec())) ?? [];
    const now = Number((replies.at(-1)?.[1] as string[] | undefined)?.[0]) * 1_000;
    return ids.filter((_, place) => {
      const [[, isPresent], [, score]] = replies.slice(2 * place, 2 * place + 2) as [
        PipelineReply,
        PipelineReply,
      ];
      return isPresent === 0 && score !== null && Number(score) > now + 1_000;
    });
  }

  private describe(name: string): StoredKey {
    const { keys } = this;
    const index = keys.indexOf(name);
    return {
      name,
      kind: keys.kindOf(name),
      sessionId: keys.sessionOf(name),
      userId: index?.userId ?? null,
    };
  }

  /** Returns the number of keys of all masters, which INFO reports without a permission of its own. */
  private async countKeys(): Promise<number> {
    const figures = await readServerFigures(this.client, this.deadlineMs);
    return figures.reduce(
      (sum, figure) => sum + (figure.status === 'fulfilled' ? (figure.value.keys ?? 0) : 0),
      0,
    );
  }

  /** Returns the full name of a key on a connection to one node. The client of a Cluster alone adds its prefix. */
  private nameOn(name: string): string {
    return isCluster(this.client) ? keyPrefixOf(this.client) + name : name;
  }

  private async run<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await withDeadline(command(), this.deadlineMs);
    } catch (error) {
      throw toStoreError('read stored sessions', error);
    }
  }
}

type PipelineReply = [error: Error | null, reply: unknown];

function storedSession(
  id: SessionId,
  [error, values]: PipelineReply,
  [ttlError, ttl]: PipelineReply,
): StoredSession | null {
  if (error && redisErrorCode(error) !== 'WRONGTYPE') throw toStoreError('read stored sessions', error);
  const hash = error ? OTHER_TYPE : hashOf(values as (string | null)[]);
  if (ttl === ABSENT || (ttlError && isEmptyHash(hash))) return null;
  const record = hash === OTHER_TYPE ? null : decodeRecord(id, hash);
  return {
    id,
    record,
    problem: record ? null : (problemOf(hash) ?? 'malformed'),
    layout: hash === OTHER_TYPE ? null : layoutOf(hash),
    expiresInMs: ttlError ? null : ttl === NO_EXPIRY ? Infinity : Number(ttl),
  };
}

function isEmptyHash(hash: StoredHash | typeof OTHER_TYPE): boolean {
  return hash !== OTHER_TYPE && Object.keys(hash).length === 0;
}

function hashOf(values: readonly (string | null)[]): StoredHash {
  const present = RESERVED_FIELDS.map((name, index) => [name, values[index] ?? null] as const);
  return Object.fromEntries(present.filter(([, value]) => value !== null));
}

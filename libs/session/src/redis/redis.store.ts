import type { Cluster, Redis } from 'ioredis';
import { KnownIds } from '../cache/known-ids.js';
import type { TrackedSource, TrackingListener } from '../cache/tracked-source.js';
import { SessionSizeError, SessionUnavailableError } from '../core/errors/errors.js';
import { NO_CHANGES } from '../core/store/field-changes.js';
import { bytesOf } from '../core/record/size.js';
import { createdRecord, regeneratedRecord } from '../core/store/store-rules.js';
import type { StoreBreaker } from '../core/store/breaker.js';
import type {
  BulkSelection,
  CommitOptions,
  CompareAndSetOutcome,
  CompleteStore,
  CreateIntent,
  EndedSession,
  EndNotice,
  FieldChanges,
  IncrementOutcome,
  LiveEstimate,
  LoadOptions,
  RecordProblem,
  RegenerateIntent,
  RotateIntent,
  Rotation,
  SessionEnd,
  SessionRecord,
  SignInIntent,
  SignInOutcome,
} from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { handleOf, randomShard, shardOf } from '../core/record/token.js';
import { RedisCaller } from './caller.js';
import { destroySession, revokeSession } from './end-session.js';
import { EveryoneRevocation } from './everyone.js';
import { RedisKeys } from './keys.js';
import {
  decodeNotice,
  decodeRecord,
  decodeRotation,
  digestOf,
  encodeFacts,
  encodeFieldName,
  pairUp,
  problemOf,
  type ScriptArgument,
  type StoredHash,
  withChanges,
} from './record.js';
import { type Operation, OPERATIONS } from './operations.js';
import { estimateLive } from './live-estimate.js';
import { HashRead, StringRead } from './redis-call.js';
import { OTHER_TYPE } from './redis-error.js';
import type { ScriptName } from './scripts.js';
import { ServerSampler } from './server-sampler.js';
import { runSignIn } from './sign-in.js';
import type { RedisStoreParts, StoreContext } from './store-context.js';
import type { IoredisClient } from './target.js';
import { openTracking } from './tracking.js';
import { listSessions, revokeUser } from './user-sessions.js';

const MAX_KNOWN = 200_000;
const DEFAULT_MAX_BYTES = 64 * 1024;
/** The reply of a script, in place of the time, if a session would become too large. */
const TOO_LARGE = -1;

/** The settings of a {@link RedisStore}. */
export interface RedisStoreSettings {
  /** The prefix of all keys. */
  readonly prefix: string;
  /** The time within which a call settles, in milliseconds. */
  readonly deadlineMs: number;
  /** The time for which the reason of a session's end is kept, in milliseconds. */
  readonly noticeTtlMs: number;
  /**
   * The maximum size of a session's fields, with their names, in bytes.
   *
   * @defaultValue 65536
   */
  readonly maxBytes?: number;
  /**
   * The maximum size of an anonymous session's fields, in bytes.
   *
   * @defaultValue `maxBytes`
   */
  readonly anonymousMaxBytes?: number;
  /** Called if the value under the key of a session cannot be used as a session. */
  readonly onUnusable?: (id: SessionId, problem: RecordProblem) => void;
}

/** Stores sessions in Redis or Valkey: standalone, behind Sentinel, or in a Cluster. Most calls take one round trip. */
export class RedisStore implements CompleteStore {
  private readonly client: Redis | Cluster;
  private readonly keys: RedisKeys;
  private readonly redis: RedisCaller;
  private readonly context: StoreContext;
  private readonly maxBytes: number;
  private readonly anonymousMaxBytes: number;
  /** The sessions that this process has read before. It reads them by HGETALL, which returns no reason of an end. */
  private readonly known = new KnownIds(MAX_KNOWN);

  /** @param release runs at {@link close}; the default leaves the given client open */
  constructor(client: IoredisClient, settings: RedisStoreSettings, release?: () => Promise<void>);
  /** @internal */
  constructor(
    client: IoredisClient,
    settings: RedisStoreSettings & RedisStoreParts,
    release?: () => Promise<void>,
  );
  constructor(
    client: IoredisClient,
    private readonly settings: RedisStoreSettings & RedisStoreParts,
    private readonly release: () => Promise<void> = () => Promise.resolve(),
  ) {
    const { deadlineMs, noticeTtlMs, meter, maxBytes = DEFAULT_MAX_BYTES } = settings;
    this.client = client as Redis | Cluster;
    this.keys = new RedisKeys(settings.prefix);
    this.redis = new RedisCaller(this.client, deadlineMs, meter);
    this.maxBytes = maxBytes;
    this.anonymousMaxBytes = settings.anonymousMaxBytes ?? maxBytes;
    const { keys, redis } = this;
    const ending = settings.ending ?? redis;
    this.context = { client: this.client, keys, redis, ending, deadlineMs, noticeTtlMs, maxBytes };
  }

  get breaker(): StoreBreaker {
    return this.redis.breaker;
  }

  load(id: SessionId, options: LoadOptions = {}): Promise<SessionRecord | null> {
    const { onAbsent } = options;
    if (onAbsent && !this.known.has(id)) return this.find(id, options);
    // Both commands share one deadline.
    const waitingSince = options.waitingSince ?? performance.now();
    const read = new HashRead(OPERATIONS.load, this.keys.session(id), waitingSince);
    // Every request with a session comes here: a callback allocates half as much as an async function.
    return this.redis.call(read).then((hash) => {
      const record = this.examined(id, hash);
      if (record) this.known.add(id);
      else this.known.delete(id);
      return onAbsent && problemOf(hash) === null && !record
        ? this.find(id, { ...options, waitingSince })
        : record;
    });
  }

  /** Reads a session that this process does not know yet, or the reason of its end. An unknown token costs one command. */
  private async find(
    id: SessionId,
    { waitingSince, onAbsent, mark }: LoadOptions,
  ): Promise<SessionRecord | null> {
    const args = [handleOf(id), mark ? handleOf(mark) : ''];
    const names = [this.keys.session(id)];
    const reply = await this.redis.run('find', OPERATIONS.load, names, args, waitingSince);
    const [kind, ...rest] = reply as ['session', string[]] | ['absent', ...string[]] | ['other'];
    if (kind === 'absent') {
      const ends = (rest as string[]).map(decodeNotice);
      onAbsent?.(ends.find((end) => end?.reason === 'replaced') ?? ends[0] ?? null);
      return null;
    }
    const record = this.examined(id, kind === 'session' ? pairUp(rest[0] as string[]) : OTHER_TYPE);
    if (record) this.known.add(id);
    return record;
  }

  async endOf(id: SessionId): Promise<SessionEnd | null> {
    const text = await this.redis.call(new StringRead(OPERATIONS.endOf, this.keys.gone(id)));
    return text === OTHER_TYPE ? null : decodeNotice(text);
  }

  async create(intent: CreateIntent): Promise<SessionRecord> {
    const { id, persistent, fields } = intent;
    const { idleMs, absoluteMs } = intent.timeouts;
    const settings = {
      facts: encodeFacts({ persistent }),
      idle: idleMs,
      absolute: absoluteMs,
      maxBytes: this.anonymousMaxBytes,
    };
    const args = withChanges([JSON.stringify(settings)], { set: fields, remove: [] });
    const now = (await this.redis.run('create', OPERATIONS.create, [this.keys.session(id)], args)) as number;
    this.checkSize(now, this.anonymousMaxBytes);
    if (now === 0) throw new SessionUnavailableError(OPERATIONS.create.operation, `the id ${id} is taken`);
    this.known.add(id);
    return createdRecord(intent, now);
  }

  commit(record: SessionRecord, changes: FieldChanges, options?: CommitOptions): Promise<boolean> {
    return this.write(OPERATIONS.commit, record, changes, options);
  }

  touch(record: SessionRecord): Promise<boolean> {
    return this.write(OPERATIONS.touch, record, NO_CHANGES);
  }

  private async write(
    operation: Operation,
    record: SessionRecord,
    changes: FieldChanges,
    { keepActivity = false, onNewer }: CommitOptions = {},
  ): Promise<boolean> {
    const start = this.activityOf(record, keepActivity);
    const args = withChanges([...start, onNewer ? digestOf(record.fields) : ''], changes);
    const reply = await this.redis.run('commit', operation, this.keysOf(record), args);
    const [now, isNewer] = (typeof reply === 'number' ? [reply] : reply) as [number, 1?];
    this.checkSize(now, this.maxBytesOf(record));
    if (isNewer) onNewer?.();
    return now !== 0;
  }

  async increment(record: SessionRecord, field: string, by: number): Promise<IncrementOutcome> {
    const reply = await this.runOnField('increment', OPERATIONS.increment, record, field, [by]);
    const [now, value] = reply as [number, string?];
    this.checkSize(now, this.maxBytesOf(record));
    if (now === 0) return { status: 'gone' };
    return value === undefined ? { status: 'not-a-number' } : { status: 'incremented', value: Number(value) };
  }

  async compareAndSet(
    record: SessionRecord,
    field: string,
    expected: string | null,
    next: string | null,
  ): Promise<CompareAndSetOutcome> {
    // A script's arguments cannot be absent, so a sign in front distinguishes a text from an absent field.
    const [condition, replacement] = [expected, next].map((text) => (text === null ? '-' : `+${text}`));
    const args = [condition as string, replacement as string];
    const reply = await this.runOnField('compare_and_set', OPERATIONS.compareAndSet, record, field, args);
    const [now, outcome, text] = reply as [number, 'set' | 'changed', (string | null)?];
    this.checkSize(now, this.maxBytesOf(record));
    if (now === 0) return { status: 'gone' };
    return outcome === 'set' ? { status: 'set' } : { status: 'changed', text: text ?? null };
  }

  async regenerate({ from, to, keepData }: RegenerateIntent): Promise<SessionRecord | null> {
    const keys = [
      this.keys.session(from.id),
      this.keys.gone(from.id),
      this.keys.index(shardOf(from.id), from.userId),
      this.keys.session(to),
    ];
    const intent = {
      from: handleOf(from.id),
      to: handleOf(to),
      idle: from.idleMs,
      keepData: keepData || undefined,
      noticeTtl: this.settings.noticeTtlMs,
    };
    const args = [JSON.stringify(intent)];
    const now = (await this.redis.run('regenerate', OPERATIONS.regenerate, keys, args)) as number;
    if (now === 0) return null;
    this.known.add(to);
    return regeneratedRecord(from, { to, keepData }, now);
  }

  async rotate({ record, from, to, keys }: RotateIntent): Promise<Rotation | null> {
    const args = [handleOf(record.id), this.settings.noticeTtlMs, from, to, keys.nonce, keys.tagKey];
    const reply = await this.redis.run('rotate', OPERATIONS.rotate, this.keysOf(record), args);
    const [now, token, previousToken] = reply as [number, string?, string?];
    return now === 0 ? null : (decodeRotation(record.createdAt, token, previousToken) ?? null);
  }

  async confirmRotation({ id, rotation }: SessionRecord, graceMs: number): Promise<void> {
    const args = [rotation?.current ?? '', graceMs];
    const key = this.keys.session(id);
    await this.redis.run('confirm_rotation', OPERATIONS.confirmRotation, [key], args);
  }

  async signIn(intent: SignInIntent): Promise<SignInOutcome> {
    const outcome = await runSignIn(this.context, intent);
    if (outcome.status !== 'rejected') this.known.add(outcome.record.id);
    return outcome;
  }

  destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null> {
    return destroySession(this.context, id, notice);
  }

  revoke(id: SessionId, notice: EndNotice, ownedBy: string | null): Promise<EndedSession | null> {
    return revokeSession(this.context, OPERATIONS.revoke, id, notice, { ownedBy });
  }

  list(userId: string): Promise<SessionRecord[]> {
    return listSessions(this.context, userId);
  }

  revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]> {
    return revokeUser(this.context, userId, notice, except);
  }

  revokeEveryone(
    notice: EndNotice,
    selection: BulkSelection,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void> {
    return new EveryoneRevocation(this.context, notice, selection, onEnded).run();
  }

  /** @internal Opens connections on which Redis reports changes to the sessions that were read over them. */
  track(listener: TrackingListener, stalenessMs: number): Promise<TrackedSource> {
    const { deadlineMs, meter } = this.settings;
    return openTracking(this.client, { keys: this.keys, deadlineMs, stalenessMs, listener, meter });
  }

  /**
   * @internal Samples the figures of the servers, in one process of all that use the prefix. The caller starts and closes
   * the sampler.
   *
   * @param onFailure called with the error of a sample that failed, unless the one before failed too
   */
  sampleServers(everyMs: number, onFailure: (error: Error) => void): ServerSampler {
    const { prefix, deadlineMs } = this.settings;
    return new ServerSampler(this.client, { prefix, everyMs, deadlineMs, onFailure });
  }

  /** Estimates the number of live sessions from a sample of the keys: at most some 20,000 on each server. */
  estimateLive(): Promise<LiveEstimate> {
    return estimateLive(this.context);
  }

  now(): number {
    return this.redis.now();
  }

  ping(): Promise<void> {
    return this.redis.ping(this.keys.probe(randomShard(), 'ping'));
  }

  close(): Promise<void> {
    return this.release();
  }

  /** Returns the session stored under an id; calls `onUnusable` and returns `null` if the value cannot be used as one. */
  private examined(id: SessionId, hash: StoredHash | typeof OTHER_TYPE): SessionRecord | null {
    const record = hash === OTHER_TYPE ? null : decodeRecord(id, hash);
    const isTooLarge = record !== null && bytesOf(record.fields) > this.maxBytes;
    if (record && !isTooLarge) return record;
    const problem = isTooLarge ? 'oversized' : problemOf(hash);
    if (problem) this.settings.onUnusable?.(id, problem);
    return null;
  }

  private maxBytesOf({ userId }: SessionRecord): number {
    return userId === null ? this.anonymousMaxBytes : this.maxBytes;
  }

  private checkSize(now: number, maxBytes: number): void {
    if (now === TOO_LARGE) throw new SessionSizeError(maxBytes, null);
  }

  /** Returns the keys of the scripts that write to a session: the session, and the index of its user. */
  private keysOf({ id, userId }: SessionRecord): string[] {
    const session = this.keys.session(id);
    return userId === null ? [session] : [session, this.keys.index(shardOf(id), userId)];
  }

  /** Returns the first arguments of the scripts that write to a session, and record activity unless it is kept. */
  private activityOf(record: SessionRecord, isKept = false): ScriptArgument[] {
    const idleMs = isKept ? 0 : record.idleMs;
    return [handleOf(record.id), idleMs, this.settings.noticeTtlMs, this.maxBytesOf(record)];
  }

  private runOnField(
    script: ScriptName,
    operation: Operation,
    record: SessionRecord,
    field: string,
    args: readonly ScriptArgument[],
  ): Promise<unknown> {
    const all = [...this.activityOf(record), encodeFieldName(field), ...args];
    return this.redis.run(script, operation, this.keysOf(record), all);
  }
}

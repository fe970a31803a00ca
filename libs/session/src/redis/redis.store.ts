import type { Cluster, Redis } from 'ioredis';
import type { TrackableStore, TrackedSource, TrackingListener } from '../cache/tracked-source.js';
import { SessionUnavailableError } from '../core/errors.js';
import { idleWindowMs } from '../core/expiry.js';
import { NO_CHANGES } from '../core/fields.js';
import type {
  CompareAndSetOutcome,
  CreateIntent,
  EndNotice,
  FieldChanges,
  IncrementOutcome,
  RegenerateIntent,
  RotateIntent,
  Rotation,
  SessionEnd,
  SessionRecord,
  SessionStore,
  SignInIntent,
  SignInOutcome,
} from '../core/store.js';
import type { SessionId, Shard } from '../core/token.js';
import { handleOf, joinSessionId, shardOf, shardOfUser } from '../core/token.js';
import { RedisCaller } from './caller.js';
import { RedisKeys } from './keys.js';
import {
  decodeFacts,
  decodeNotice,
  decodeRecord,
  decodeRotation,
  encodeChanges,
  encodeFieldName,
  encodeNotice,
  FACTS,
  LAYOUT_VERSION,
  pairUp,
} from './record.js';
import { nullIfOtherType } from './redis-error.js';
import type { ScriptName } from './scripts.js';
import { signedInRecord, signInArguments } from './sign-in.js';
import { openTracking } from './tracking.js';

/** What a {@link RedisStore} needs to know. */
export interface RedisStoreSettings {
  /** What all keys begin with. */
  readonly prefix: string;
  /** How long a call may take, in milliseconds. */
  readonly deadlineMs: number;
  /** How long the reason of a session's end is kept, in milliseconds. */
  readonly noticeTtlMs: number;
}

type Facts = [handle: string, values: (string | null)[]];
type SignInReply = ['signed-in', number, string[]] | ['rejected', number, Facts[]];

const FACT_NAMES = Object.values(FACTS);

/** Sessions in Redis or Valkey: standalone, behind Sentinel, or in a Cluster. One round trip a call. */
export class RedisStore implements SessionStore, TrackableStore {
  private readonly keys: RedisKeys;
  private readonly redis: RedisCaller;

  /** @param release what {@link close} shall do; a client that was handed in is not ours to close */
  constructor(
    private readonly client: Redis | Cluster,
    private readonly settings: RedisStoreSettings,
    private readonly release: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.keys = new RedisKeys(settings.prefix);
    this.redis = new RedisCaller(client, settings.deadlineMs);
  }

  load(id: SessionId): Promise<SessionRecord | null> {
    return this.redis.call('load a session', (client) =>
      nullIfOtherType(async () => decodeRecord(id, await client.hgetall(this.keys.session(id)))),
    );
  }

  endOf(id: SessionId): Promise<SessionEnd | null> {
    return this.redis.call('read why a session ended', (client) =>
      nullIfOtherType(async () => decodeNotice(await client.get(this.keys.gone(id)))),
    );
  }

  async create({ id, timeouts, persistent, fields }: CreateIntent): Promise<SessionRecord> {
    const operation = 'create a session';
    const { idleMs, absoluteMs } = timeouts;
    const intent = {
      version: LAYOUT_VERSION,
      window: idleWindowMs(idleMs),
      idle: idleMs,
      absolute: absoluteMs,
      persistent: persistent || undefined,
    };
    const args = [JSON.stringify(intent), ...encodeChanges(fields, [])];
    const now = (await this.redis.run('create', operation, [this.keys.session(id)], args)) as number;
    if (now === 0) throw new SessionUnavailableError(operation, `the id ${id} is taken`);
    this.redis.synchronise(now);
    const nobody = { userId: null, signedInAt: null, device: null, address: null, rotation: null };
    const absoluteEndAt = now + absoluteMs;
    return { id, createdAt: now, lastActiveAt: now, idleMs, absoluteEndAt, persistent, fields, ...nobody };
  }

  async commit(record: SessionRecord, changes: FieldChanges): Promise<boolean> {
    const keys = [this.keys.session(record.id), ...this.indexOf(record)];
    const args = [
      handleOf(record.id),
      idleWindowMs(record.idleMs),
      ...encodeChanges(changes.set, changes.remove),
    ];
    const now = (await this.redis.run('commit', 'save a session', keys, args)) as number;
    if (now === 0) return false;
    this.redis.synchronise(now);
    return true;
  }

  async increment(record: SessionRecord, field: string, by: number): Promise<IncrementOutcome> {
    const reply = await this.runOnField('increment', 'add to a number', record, field, [by]);
    const [now, value] = reply as [number, string?];
    if (now === 0) return { status: 'gone' };
    this.redis.synchronise(now);
    return value === undefined ? { status: 'not-a-number' } : { status: 'incremented', value: Number(value) };
  }

  async compareAndSet(
    record: SessionRecord,
    field: string,
    expected: string | null,
    next: string | null,
  ): Promise<CompareAndSetOutcome> {
    // A script's arguments cannot be absent, so a sign in front tells text from none.
    const [condition, replacement] = [expected, next].map((text) => (text === null ? '-' : `+${text}`));
    const args = [condition as string, replacement as string];
    const reply = await this.runOnField('compare_and_set', 'update a field', record, field, args);
    const [now, outcome, text] = reply as [number, 'set' | 'changed', (string | null)?];
    if (now === 0) return { status: 'gone' };
    this.redis.synchronise(now);
    return outcome === 'set' ? { status: 'set' } : { status: 'changed', text: text ?? null };
  }

  touch(record: SessionRecord): Promise<boolean> {
    return this.commit(record, NO_CHANGES);
  }

  async regenerate({ from, to, keepData }: RegenerateIntent): Promise<SessionRecord | null> {
    const keys = [
      this.keys.session(from.id),
      this.keys.session(to),
      this.keys.gone(from.id),
      ...this.indexOf(from),
    ];
    const intent = {
      from: handleOf(from.id),
      to: handleOf(to),
      window: idleWindowMs(from.idleMs),
      keepData: keepData || undefined,
      notice: encodeNotice({ reason: 'replaced' }),
      noticeTtl: this.settings.noticeTtlMs,
    };
    const reply = await this.redis.run('regenerate', 'regenerate a session', keys, [JSON.stringify(intent)]);
    const now = reply as number;
    if (now === 0) return null;
    this.redis.synchronise(now);
    const fields = keepData ? from.fields : new Map<string, string>();
    return { ...from, id: to, lastActiveAt: now, rotation: null, fields };
  }

  async rotate({ record, from, to, keys }: RotateIntent): Promise<Rotation | null> {
    const args = [handleOf(record.id), from, to, keys.nonce, keys.tagKey];
    const reply = await this.redis.run('rotate', 'rotate a token', [this.keys.session(record.id)], args);
    const [now, values] = reply as [number, (string | null)[]];
    if (now === 0) return null;
    this.redis.synchronise(now);
    return decodeRotation(values);
  }

  async confirmRotation({ id, rotation }: SessionRecord, graceMs: number): Promise<void> {
    const args = [rotation?.current ?? '', graceMs];
    await this.redis.run('confirm_rotation', 'confirm a rotation', [this.keys.session(id)], args);
  }

  async signIn(intent: SignInIntent): Promise<SignInOutcome> {
    const shard = shardOf(intent.id);
    const keys = [
      this.keys.session(intent.id),
      this.keys.index(shard, intent.userId),
      this.keys.sessionsOf(shard),
      this.keys.goneOf(shard),
    ];
    const args = [
      JSON.stringify(signInArguments(intent, this.settings.noticeTtlMs)),
      ...encodeChanges(intent.changes.set, intent.changes.remove),
    ];
    const reply = (await this.redis.run('sign_in', 'sign a user in', keys, args)) as SignInReply;
    this.redis.synchronise(reply[1]);
    if (reply[0] === 'rejected') {
      return { status: 'rejected', live: this.decodeSessions(shard, reply[2]) };
    }
    const evicted = reply[2].map((handle) => joinSessionId(shard, handle));
    return { status: 'signed-in', record: signedInRecord(intent, reply[1]), evicted };
  }

  async destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null> {
    const keys = [this.keys.session(id), this.keys.gone(id), this.keys.indexesOf(shardOf(id))];
    const args = [handleOf(id), encodeNotice(notice), this.settings.noticeTtlMs];
    const [now, last] = (await this.redis.run('destroy', 'end a session', keys, args)) as [number, string[]];
    this.redis.synchronise(now);
    return decodeRecord(id, pairUp(last));
  }

  async list(userId: string): Promise<SessionRecord[]> {
    const shard = shardOfUser(userId);
    const keys = [this.keys.index(shard, userId), this.keys.sessionsOf(shard)];
    const reply = await this.redis.run('list', "list a user's sessions", keys, FACT_NAMES);
    const [now, sessions] = reply as [number, Facts[]];
    this.redis.synchronise(now);
    return this.decodeSessions(shard, sessions);
  }

  async revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]> {
    const shard = shardOfUser(userId);
    const keys = [this.keys.index(shard, userId), this.keys.sessionsOf(shard), this.keys.goneOf(shard)];
    const spared = except !== null && shardOf(except) === shard ? handleOf(except) : '';
    const args = [encodeNotice(notice), this.settings.noticeTtlMs, spared];
    const reply = await this.redis.run('revoke_all', "end a user's sessions", keys, args);
    const [now, ended] = reply as [number, string[]];
    this.redis.synchronise(now);
    return ended.map((handle) => joinSessionId(shard, handle));
  }

  /** @internal Opens connections on which Redis tells of changes to the sessions that were read over them. */
  track(listener: TrackingListener, stalenessMs: number): Promise<TrackedSource> {
    const { deadlineMs } = this.settings;
    return openTracking(this.client, { keys: this.keys, deadlineMs, stalenessMs, listener });
  }

  now(): number {
    return this.redis.now();
  }

  ping(): Promise<void> {
    return this.redis.ping();
  }

  close(): Promise<void> {
    return this.release();
  }

  private indexOf({ id, userId }: SessionRecord): string[] {
    return userId === null ? [] : [this.keys.index(shardOf(id), userId)];
  }

  private decodeSessions(shard: Shard, sessions: readonly Facts[]): SessionRecord[] {
    return sessions
      .map(([handle, values]) => decodeFacts(joinSessionId(shard, handle), values))
      .filter((record) => record !== null)
      .sort((one, other) => (other.signedInAt ?? 0) - (one.signedInAt ?? 0));
  }

  private runOnField(
    script: ScriptName,
    operation: string,
    record: SessionRecord,
    field: string,
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const keys = [this.keys.session(record.id), ...this.indexOf(record)];
    const target = [handleOf(record.id), idleWindowMs(record.idleMs), encodeFieldName(field)];
    return this.redis.run(script, operation, keys, [...target, ...args]);
  }
}

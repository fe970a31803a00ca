import type { Cluster, Redis } from 'ioredis';
import { SessionUnavailableError } from '../core/errors.js';
import { idleWindowMs } from '../core/expiry.js';
import { applyChanges, NO_CHANGES } from '../core/fields.js';
import type {
  CreateIntent,
  EndNotice,
  FieldChanges,
  RegenerateIntent,
  SessionEnd,
  SessionRecord,
  SessionStore,
  SignInIntent,
  SignInOutcome,
} from '../core/store.js';
import type { SessionId, Shard } from '../core/token.js';
import { handleOf, joinSessionId, shardOf, shardOfUser } from '../core/token.js';
import { withDeadline } from './deadline.js';
import { RedisKeys } from './keys.js';
import {
  decodeFacts,
  decodeNotice,
  decodeRecord,
  encodeChanges,
  encodeNotice,
  FACTS,
  LAYOUT_VERSION,
  pairUp,
} from './record.js';
import { redisErrorCode } from './redis-error.js';
import type { ScriptName } from './scripts.js';
import { runScript } from './scripts.js';

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
export class RedisStore implements SessionStore {
  private readonly keys: RedisKeys;
  /** What the server's clock is ahead of ours, in milliseconds. Every reply of a script refreshes it. */
  private clockOffsetMs = 0;

  /** @param release what {@link close} shall do; a client that was handed in is not ours to close */
  constructor(
    private readonly client: Redis | Cluster,
    private readonly settings: RedisStoreSettings,
    private readonly release: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.keys = new RedisKeys(settings.prefix);
  }

  async load(id: SessionId): Promise<SessionRecord | null> {
    return this.call('load a session', async () => {
      try {
        return decodeRecord(id, await this.client.hgetall(this.keys.session(id)));
      } catch (error) {
        if (redisErrorCode(error) === 'WRONGTYPE') return null;
        throw error;
      }
    });
  }

  async endOf(id: SessionId): Promise<SessionEnd | null> {
    return this.call('read why a session ended', async () =>
      decodeNotice(await this.client.get(this.keys.gone(id))),
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
    const now = (await this.run('create', operation, [this.keys.session(id)], args)) as number;
    if (now === 0) throw new SessionUnavailableError(operation, `the id ${id} is taken`);
    this.synchronise(now);
    const nobody = { userId: null, signedInAt: null, device: null, address: null };
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
    const now = (await this.run('commit', 'save a session', keys, args)) as number;
    if (now === 0) return false;
    this.synchronise(now);
    return true;
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
    const reply = await this.run('regenerate', 'regenerate a session', keys, [JSON.stringify(intent)]);
    const now = reply as number;
    if (now === 0) return null;
    this.synchronise(now);
    return { ...from, id: to, lastActiveAt: now, fields: keepData ? from.fields : new Map() };
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
      JSON.stringify(this.signInArguments(intent)),
      ...encodeChanges(intent.changes.set, intent.changes.remove),
    ];
    const reply = (await this.run('sign_in', 'sign a user in', keys, args)) as SignInReply;
    this.synchronise(reply[1]);
    if (reply[0] === 'rejected') {
      return { status: 'rejected', live: this.decodeSessions(shard, reply[2]) };
    }
    const evicted = reply[2].map((handle) => joinSessionId(shard, handle));
    return { status: 'signed-in', record: signedInRecord(intent, reply[1]), evicted };
  }

  async destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null> {
    const keys = [this.keys.session(id), this.keys.gone(id), this.keys.indexesOf(shardOf(id))];
    const args = [handleOf(id), encodeNotice(notice), this.settings.noticeTtlMs];
    const [now, last] = (await this.run('destroy', 'end a session', keys, args)) as [number, string[]];
    this.synchronise(now);
    return decodeRecord(id, pairUp(last));
  }

  async list(userId: string): Promise<SessionRecord[]> {
    const shard = shardOfUser(userId);
    const keys = [this.keys.index(shard, userId), this.keys.sessionsOf(shard)];
    const reply = await this.run('list', "list a user's sessions", keys, FACT_NAMES);
    const [now, sessions] = reply as [number, Facts[]];
    this.synchronise(now);
    return this.decodeSessions(shard, sessions);
  }

  async revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]> {
    const shard = shardOfUser(userId);
    const keys = [this.keys.index(shard, userId), this.keys.sessionsOf(shard), this.keys.goneOf(shard)];
    const spared = except !== null && shardOf(except) === shard ? handleOf(except) : '';
    const args = [encodeNotice(notice), this.settings.noticeTtlMs, spared];
    const reply = await this.run('revoke_all', "end a user's sessions", keys, args);
    const [now, ended] = reply as [number, string[]];
    this.synchronise(now);
    return ended.map((handle) => joinSessionId(shard, handle));
  }

  now(): number {
    return Date.now() + this.clockOffsetMs;
  }

  /** Asks the server for its time, and so learns how far its clock is from ours. */
  async ping(): Promise<void> {
    const [seconds, microseconds] = await this.call('reach Redis', () => this.client.time());
    this.synchronise(Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000));
  }

  close(): Promise<void> {
    return this.release();
  }

  private indexOf({ id, userId }: SessionRecord): string[] {
    return userId === null ? [] : [this.keys.index(shardOf(id), userId)];
  }

  private signInArguments(intent: SignInIntent): object {
    const { noticeTtlMs } = this.settings;
    const by = { device: intent.device, address: intent.address };
    return {
      version: LAYOUT_VERSION,
      handle: handleOf(intent.id),
      user: intent.userId,
      window: idleWindowMs(intent.timeouts.idleMs),
      idle: intent.timeouts.idleMs,
      absolute: intent.timeouts.absoluteMs,
      persistent: intent.persistent || undefined,
      device: intent.device ?? undefined,
      address: intent.address ?? undefined,
      createdAt: intent.createdAt ?? undefined,
      max: intent.limit.max ?? undefined,
      onExceed: intent.limit.onExceed,
      replaces: intent.replaces ? handleOf(intent.replaces.id) : undefined,
      keepData: intent.replaces?.keepData || undefined,
      evictedNotice: encodeNotice({ reason: 'evicted', by }),
      replacedNotice: encodeNotice({ reason: 'replaced' }),
      noticeTtl: noticeTtlMs,
      facts: FACT_NAMES,
    };
  }

  private decodeSessions(shard: Shard, sessions: readonly Facts[]): SessionRecord[] {
    return sessions
      .map(([handle, values]) => decodeFacts(joinSessionId(shard, handle), values))
      .filter((record) => record !== null)
      .sort((one, other) => (other.signedInAt ?? 0) - (one.signedInAt ?? 0));
  }

  private run(
    script: ScriptName,
    operation: string,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    return this.call(operation, () => runScript(this.client, script, keys, args));
  }

  /** Runs a command within the deadline. Whatever fails, fails as one error that names the operation. */
  private async call<T>(operation: string, command: () => Promise<T>): Promise<T> {
    try {
      return await withDeadline(command(), this.settings.deadlineMs);
    } catch (error) {
      throw new SessionUnavailableError(operation, error);
    }
  }

  private synchronise(serverNow: number): void {
    this.clockOffsetMs = serverNow - Date.now();
  }
}

function signedInRecord(intent: SignInIntent, now: number): SessionRecord {
  return {
    id: intent.id,
    createdAt: intent.createdAt ?? now,
    lastActiveAt: now,
    idleMs: intent.timeouts.idleMs,
    absoluteEndAt: now + intent.timeouts.absoluteMs,
    userId: intent.userId,
    signedInAt: now,
    device: intent.device,
    address: intent.address,
    persistent: intent.persistent,
    fields: applyChanges(new Map(), intent.changes),
  };
}

/* eslint-disable @typescript-eslint/require-await -- a store's methods reject where these throw */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/runtime/clock.js';
import { steadyClock } from '../core/runtime/clock.js';
import { SessionUnavailableError } from '../core/errors/errors.js';
import { applyChanges, NO_CHANGES } from '../core/store/field-changes.js';
import type * as Port from '../core/store/store.js';
import * as rules from '../core/store/store-rules.js';
import type { SessionId } from '../core/record/token.js';

/** The settings of a {@link MemoryStore}. */
export interface MemoryStoreSettings {
  /**
   * The time for which the reason of a session's end is kept, in milliseconds.
   *
   * @defaultValue 600000 (ten minutes)
   */
  readonly noticeTtlMs?: number;
  /**
   * The clock that ends sessions, such as a `TestClock`.
   *
   * @defaultValue a clock that setting the machine's time does not move
   */
  readonly clock?: Clock;
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
}

/** A value that expires. */
interface Expiring<T> {
  readonly value: T;
  readonly endsAt: number;
}

const SWEEP_INTERVAL_MS = 60_000;
const DEFAULT_NOTICE_TTL_MS = 10 * 60_000;
const DEFAULT_MAX_BYTES = 64 * 1024;

/**
 * Sessions in the memory of this process, for development and tests. They are lost when the process ends, and no other
 * process sees them.
 */
export class MemoryStore implements Port.CompleteStore {
  private readonly sessions = new Map<SessionId, Expiring<Port.SessionRecord>>();
  private readonly notices = new Map<SessionId, Expiring<Port.SessionEnd>>();
  /** The sessions that recent sign-ins began, by user and source, to recognise a sign-in that is sent twice. */
  private readonly sources = new Map<string, Expiring<{ readonly id: SessionId; readonly nonce: string }>>();
  private readonly noticeTtlMs: number;
  private readonly clock: Clock;
  private readonly maxBytes: number;
  private readonly anonymousMaxBytes: number;
  private readonly sweeper: NodeJS.Timeout;

  constructor(settings: MemoryStoreSettings = {}) {
    this.noticeTtlMs = settings.noticeTtlMs ?? DEFAULT_NOTICE_TTL_MS;
    this.clock = settings.clock ?? steadyClock;
    this.maxBytes = settings.maxBytes ?? DEFAULT_MAX_BYTES;
    this.anonymousMaxBytes = settings.anonymousMaxBytes ?? this.maxBytes;
    this.sweeper = setInterval(() => this.sweep(), SWEEP_INTERVAL_MS).unref();
  }

  /** The number of live sessions. */
  get size(): number {
    this.sweep();
    return this.sessions.size;
  }

  // Each method does its work before it first yields, so each is atomic.

  async load(id: SessionId, { onAbsent, mark }: Port.LoadOptions = {}): Promise<Port.SessionRecord | null> {
    const live = this.liveSession(id);
    if (!live) onAbsent?.((mark && this.read(this.notices, mark)) ?? this.read(this.notices, id));
    return live;
  }

  async endOf(id: SessionId): Promise<Port.SessionEnd | null> {
    return this.read(this.notices, id);
  }

  async create(intent: Port.CreateIntent): Promise<Port.SessionRecord> {
    if (this.liveSession(intent.id)) {
      throw new SessionUnavailableError('create a session', `the id ${intent.id} is taken`);
    }
    const record = rules.createdRecord({ ...intent, fields: new Map(intent.fields) }, this.now());
    this.checkSize(record);
    return this.keep(record);
  }

  async commit(
    { id, idleMs, fields }: Port.SessionRecord,
    changes: Port.FieldChanges,
    { keepActivity = false, onNewer }: Port.CommitOptions = {},
  ): Promise<boolean> {
    const live = this.liveSession(id);
    if (!live) return false;
    if (onNewer && !isDeepStrictEqual(live.fields, fields)) onNewer();
    const record = keepActivity
      ? { ...live, fields: applyChanges(live.fields, changes) }
      : rules.committedRecord(live, idleMs, changes, this.now());
    if (changes.set.size > 0) this.checkSize(record);
    this.keep(record);
    return true;
  }

  async increment(record: Port.SessionRecord, field: string, by: number): Promise<Port.IncrementOutcome> {
    const live = this.liveSession(record.id);
    if (!live) return { status: 'gone' };
    const value = rules.sumOf(live.fields.get(field) ?? null, by);
    if (value === null) return { status: 'not-a-number' };
    await this.commit(record, { set: new Map([[field, String(value)]]), remove: [] });
    return { status: 'incremented', value };
  }

  async compareAndSet(
    record: Port.SessionRecord,
    field: string,
    expected: string | null,
    next: string | null,
  ): Promise<Port.CompareAndSetOutcome> {
    const live = this.liveSession(record.id);
    if (!live) return { status: 'gone' };
    const text = live.fields.get(field) ?? null;
    if (text !== expected) return { status: 'changed', text };
    await this.commit(
      record,
      next === null ? { set: new Map(), remove: [field] } : { set: new Map([[field, next]]), remove: [] },
    );
    return { status: 'set' };
  }

  touch(record: Port.SessionRecord): Promise<boolean> {
    return this.commit(record, NO_CHANGES);
  }

  async rotate(intent: Port.RotateIntent): Promise<Port.Rotation | null> {
    const live = this.liveSession(intent.record.id);
    if (!live) return null;
    const rotation = rules.rotatedBy(intent, live, this.now());
    this.keep({ ...live, rotation });
    return rotation;
  }

  async confirmRotation({ id, rotation }: Port.SessionRecord, graceMs: number): Promise<void> {
    const live = this.liveSession(id);
    if (!live) return;
    this.keep({
      ...live,
      rotation: rules.confirmedRotation(live, rotation?.current, graceMs, this.now()),
    });
  }

  async regenerate(intent: Port.RegenerateIntent): Promise<Port.SessionRecord | null> {
    const live = this.liveSession(intent.from.id);
    if (!live) return null;
    this.end(live.id, { reason: 'replaced' });
    return this.keep(rules.regeneratedRecord(live, intent, this.now()));
  }

  async signIn(intent: Port.SignInIntent): Promise<Port.SignInOutcome> {
    const repeated = this.repeatedSignIn(intent);
    if (repeated) return repeated;
    const { replaces, device, address, userId } = intent;
    const previous = replaces?.keepData ? this.liveSession(replaces.id) : null;
    const record = rules.signedInRecord(intent, previous?.fields ?? new Map(), this.now());
    this.checkSize(record);
    const live = this.sessionsOf(userId);
    const evicted = rules.evictedBy(intent, live);
    if (!evicted) {
      return {
        status: 'rejected',
        live: live.filter(({ id }) => id !== replaces?.id).map(rules.listedRecord),
      };
    }
    for (const { id } of evicted) this.end(id, { reason: 'evicted', by: { device, address } });
    if (replaces) this.end(replaces.id, { reason: 'replaced' });
    this.keep(record);
    this.keepSource(intent);
    const ids = evicted.map(({ id }) => id);
    const latestOther = ids.length > 0 ? (live[0]?.signedInAt ?? undefined) : undefined;
    return { status: 'signed-in', record, evicted: ids, latestOther };
  }

  async destroy(id: SessionId, notice: Port.EndNotice): Promise<Port.SessionRecord | null> {
    return this.end(id, notice);
  }

  async revoke(
    id: SessionId,
    notice: Port.EndNotice,
    ownedBy: string | null,
  ): Promise<Port.EndedSession | null> {
    const live = this.liveSession(id);
    if (!live || (ownedBy !== null && live.userId !== ownedBy)) return null;
    this.end(id, notice);
    return { id, userId: live.userId };
  }

  async list(userId: string): Promise<Port.SessionRecord[]> {
    return this.sessionsOf(userId).map(rules.listedRecord);
  }

  async revokeAll(userId: string, notice: Port.EndNotice, except: SessionId | null): Promise<SessionId[]> {
    const ids = this.sessionsOf(userId)
      .map(({ id }) => id)
      .filter((id) => id !== except);
    for (const id of ids) this.end(id, notice);
    return ids;
  }

  async revokeEveryone(
    notice: Port.EndNotice,
    selection: Port.BulkSelection,
    onEnded: (ended: readonly Port.EndedSession[]) => void,
  ): Promise<void> {
    this.sweep();
    const ended = [...this.sessions.values()]
      .filter(({ value }) => rules.isSelected(value, selection))
      .map(({ value: { id, userId } }) => ({ id, userId }));
    for (const { id } of ended) this.end(id, notice);
    if (ended.length > 0) onEnded(ended);
  }

  async estimateLive(): Promise<Port.LiveEstimate> {
    this.sweep();
    const users = new Set(Array.from(this.sessions.values(), ({ value }) => value.userId));
    users.delete(null);
    return { sessions: this.sessions.size, users: users.size, error: 0 };
  }

  now(): number {
    return this.clock.now();
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    clearInterval(this.sweeper);
    return Promise.resolve();
  }

  private liveSession(id: SessionId): Port.SessionRecord | null {
    return this.read(this.sessions, id);
  }

  private sessionsOf(userId: string): Port.SessionRecord[] {
    const now = this.now();
    const records: Port.SessionRecord[] = [];
    for (const { value, endsAt } of this.sessions.values()) {
      if (value.userId === userId && endsAt > now) records.push(value);
    }
    return records.sort(rules.byLatestSignIn);
  }

  private repeatedSignIn({ userId, source }: Port.SignInIntent): Port.SignInOutcome | null {
    const kept = source && this.read(this.sources, sourceKey(userId, source));
    const record = kept && this.liveSession(kept.id);
    if (!record || record.rotation) return null;
    return { status: 'again', record, nonce: kept.nonce, evicted: [] };
  }

  private keepSource({ id, userId, source }: Port.SignInIntent): void {
    if (!source) return;
    const { nonce, keptForMs } = source;
    this.sources.set(sourceKey(userId, source), { value: { id, nonce }, endsAt: this.now() + keptForMs });
  }

  private keep(record: Port.SessionRecord): Port.SessionRecord {
    this.sessions.set(record.id, { value: record, endsAt: rules.expiryOf(record) });
    return record;
  }

  private end(id: SessionId, notice: Port.EndNotice): Port.SessionRecord | null {
    const last = this.liveSession(id);
    this.sessions.delete(id);
    if (!last && rules.isNoticeKept(this.read(this.notices, id), notice)) return null;
    const now = this.now();
    this.notices.set(id, { value: { ...notice, at: now }, endsAt: now + this.noticeTtlMs });
    return last;
  }

  private checkSize({ fields, userId }: Port.SessionRecord): void {
    rules.checkSize(fields, userId === null ? this.anonymousMaxBytes : this.maxBytes);
  }

  private read<K extends string, T>(from: Map<K, Expiring<T>>, key: K): T | null {
    const held = from.get(key);
    return held && held.endsAt > this.now() ? held.value : null;
  }

  private sweep(): void {
    const now = this.now();
    for (const values of [this.sessions, this.notices, this.sources] as Map<string, Expiring<unknown>>[]) {
      for (const [key, { endsAt }] of values) if (endsAt <= now) values.delete(key);
    }
  }
}

function sourceKey(userId: string, { digest }: Port.SignInSource): string {
  return `${digest}:${userId}`;
}

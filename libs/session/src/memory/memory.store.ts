/* eslint-disable @typescript-eslint/require-await -- a store's methods reject where these throw */
import type { Clock } from '../core/clock.js';
import { steadyClock } from '../core/clock.js';
import { SessionSizeError, SessionUnavailableError } from '../core/errors.js';
import { idleWindowMs } from '../core/expiry.js';
import { applyChanges, NO_CHANGES } from '../core/field-changes.js';
import type {
  CompareAndSetOutcome,
  CreateIntent,
  EndedSession,
  EndNotice,
  FieldChanges,
  IncrementOutcome,
  LoadOptions,
  RegenerateIntent,
  RotateIntent,
  Rotation,
  SessionEnd,
  SessionRecord,
  SessionStore,
  SignInIntent,
  SignInOutcome,
  SignInSource,
} from '../core/store.js';
import { bytesOf } from '../core/size.js';
import type { SessionId } from '../core/token.js';
import { handleOf } from '../core/token.js';

interface Held<T> {
  value: T;
  endsAt: number;
}

const SWEEP_INTERVAL_MS = 60_000;

/**
 * Sessions in this process's memory, for development and tests. They are gone when the process ends and unknown to
 * any other.
 */
export class MemoryStore implements SessionStore {
  private readonly sessions = new Map<SessionId, Held<SessionRecord>>();
  private readonly notices = new Map<SessionId, Held<SessionEnd>>();
  /** What sign-ins that are sent twice are known by. */
  private readonly sources = new Map<string, Held<{ readonly id: SessionId; readonly nonce: string }>>();
  private readonly sweeper: NodeJS.Timeout;

  /**
   * @param noticeTtlMs how long the reason of a session's end is kept, in milliseconds
   * @param maxBytes how many bytes the application's fields of a session may take, with their names
   * @param anonymousMaxBytes how many of a session of nobody
   */
  constructor(
    private readonly noticeTtlMs = 10 * 60_000,
    private readonly clock: Clock = steadyClock,
    private readonly maxBytes = 64 * 1024,
    private readonly anonymousMaxBytes = maxBytes,
  ) {
    this.sweeper = setInterval(() => this.sweep(), SWEEP_INTERVAL_MS).unref();
  }

  /** How many sessions live. */
  get size(): number {
    this.sweep();
    return this.sessions.size;
  }

  // Each method does its work before it first yields, so each is atomic.

  async load(id: SessionId, { onAbsent, mark }: LoadOptions = {}): Promise<SessionRecord | null> {
    const live = this.read(this.sessions, id);
    if (!live) onAbsent?.((mark && this.read(this.notices, mark)) ?? this.read(this.notices, id));
    return live;
  }

  async endOf(id: SessionId): Promise<SessionEnd | null> {
    return this.read(this.notices, id);
  }

  async create({ id, timeouts, persistent, fields }: CreateIntent): Promise<SessionRecord> {
    if (this.read(this.sessions, id)) {
      throw new SessionUnavailableError('create a session', `the id ${id} is taken`);
    }
    this.checkSize(fields, null);
    const now = this.now();
    return this.keep({
      id,
      createdAt: now,
      lastActiveAt: now,
      idleMs: timeouts.idleMs,
      absoluteEndAt: now + timeouts.absoluteMs,
      userId: null,
      signedInAt: null,
      device: null,
      address: null,
      persistent,
      rotation: null,
      fields: new Map(fields),
    });
  }

  async commit({ id, idleMs }: SessionRecord, changes: FieldChanges): Promise<boolean> {
    const live = this.read(this.sessions, id);
    if (!live) return false;
    const fields = applyChanges(live.fields, changes);
    if (changes.set.size > 0) this.checkSize(fields, live.userId);
    const rotation = withoutSpentNonce(live.rotation, this.now());
    this.keep({ ...live, idleMs, lastActiveAt: this.now(), fields, rotation });
    return true;
  }

  async increment(record: SessionRecord, field: string, by: number): Promise<IncrementOutcome> {
    const live = this.read(this.sessions, record.id);
    if (!live) return { status: 'gone' };
    const text = live.fields.get(field) ?? '0';
    const value = Number(text) + by;
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) return { status: 'not-a-number' };
    await this.commit(record, { set: new Map([[field, String(value)]]), remove: [] });
    return { status: 'incremented', value };
  }

  async compareAndSet(
    record: SessionRecord,
    field: string,
    expected: string | null,
    next: string | null,
  ): Promise<CompareAndSetOutcome> {
    const live = this.read(this.sessions, record.id);
    if (!live) return { status: 'gone' };
    const text = live.fields.get(field) ?? null;
    if (text !== expected) return { status: 'changed', text };
    await this.commit(
      record,
      next === null ? { set: new Map(), remove: [field] } : { set: new Map([[field, next]]), remove: [] },
    );
    return { status: 'set' };
  }

  touch(record: SessionRecord): Promise<boolean> {
    return this.commit(record, NO_CHANGES);
  }

  async rotate({ record, from, to, keys }: RotateIntent): Promise<Rotation | null> {
    const held = this.sessions.get(record.id);
    const live = this.read(this.sessions, record.id);
    if (!held || !live) return null;
    const { rotation } = live;
    const isPreviousGood = rotation !== null && (rotation.graceEndAt ?? Infinity) > this.now();
    if (from !== (rotation?.current ?? handleOf(live.id)) || isPreviousGood) return rotation;
    const { nonce } = keys;
    const tagKey = rotation?.tagKey ?? keys.tagKey;
    const rotated = { at: this.now(), current: to, previous: from, graceEndAt: null, nonce, tagKey };
    held.value = { ...live, rotation: rotated };
    return rotated;
  }

  async confirmRotation({ id, rotation }: SessionRecord, graceMs: number): Promise<void> {
    const held = this.sessions.get(id);
    const live = this.read(this.sessions, id);
    if (!held || !live?.rotation || live.rotation.graceEndAt !== null) return;
    if (live.rotation.current !== rotation?.current) return;
    const graceEndAt = Math.min(this.now() + graceMs, live.rotation.at + live.idleMs);
    held.value = { ...live, rotation: { ...live.rotation, graceEndAt } };
  }

  async regenerate({ from, to, keepData }: RegenerateIntent): Promise<SessionRecord | null> {
    const live = this.read(this.sessions, from.id);
    if (!live) return null;
    this.end(from.id, { reason: 'replaced' });
    const fields = keepData ? live.fields : new Map<string, string>();
    return this.keep({ ...live, id: to, lastActiveAt: this.now(), rotation: null, fields });
  }

  async signIn(intent: SignInIntent): Promise<SignInOutcome> {
    const again = this.begunBefore(intent);
    if (again) return again;
    const { limit, replaces, device, address } = intent;
    const previous = replaces && this.read(this.sessions, replaces.id);
    const inherited = previous && replaces.keepData ? previous.fields : new Map<string, string>();
    const fields = applyChanges(inherited, intent.changes);
    this.checkSize(fields, intent.userId);
    const others = this.sessionsOf(intent.userId).filter(({ id }) => id !== replaces?.id);
    const surplus = limit.max === null ? 0 : Math.max(0, others.length + 1 - limit.max);
    if (surplus > 0 && limit.onExceed === 'reject') {
      return { status: 'rejected', live: others.map(listed) };
    }
    const age = limit.onExceed === 'evict-idlest' ? lastActivity : signInTime;
    const evicted = others.sort((one, other) => age(one) - age(other)).slice(0, surplus);
    for (const { id } of evicted) this.end(id, { reason: 'evicted', by: { device, address } });
    if (replaces) this.end(replaces.id, { reason: 'replaced' });
    const record = this.keep(signedInRecord(intent, fields, this.now()));
    this.keepSource(intent);
    return { status: 'signed-in', record, evicted: evicted.map(({ id }) => id) };
  }

  private begunBefore({ userId, source }: SignInIntent): SignInOutcome | null {
    const kept = source && this.read(this.sources, sourceKey(userId, source));
    const record = kept && this.read(this.sessions, kept.id);
    if (!record || record.rotation) return null;
    return { status: 'again', record, nonce: kept.nonce, evicted: [] };
  }

  private keepSource({ id, userId, source }: SignInIntent): void {
    if (!source) return;
    const { nonce, keptForMs } = source;
    this.sources.set(sourceKey(userId, source), { value: { id, nonce }, endsAt: this.now() + keptForMs });
  }

  async destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null> {
    return this.end(id, notice);
  }

  async revoke(id: SessionId, notice: EndNotice, ownedBy: string | null): Promise<EndedSession | null> {
    const live = this.read(this.sessions, id);
    if (!live || (ownedBy !== null && live.userId !== ownedBy)) return null;
    this.end(id, notice);
    return { id, userId: live.userId };
  }

  async list(userId: string): Promise<SessionRecord[]> {
    return this.sessionsOf(userId).map(listed);
  }

  async revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]> {
    const ids = this.sessionsOf(userId)
      .map(({ id }) => id)
      .filter((id) => id !== except);
    for (const id of ids) this.end(id, notice);
    return ids;
  }

  async revokeEveryone(
    notice: EndNotice,
    except: SessionId | null,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void> {
    this.sweep();
    const ended = [...this.sessions.values()]
      .map(({ value }) => ({ id: value.id, userId: value.userId }))
      .filter(({ id }) => id !== except);
    for (const { id } of ended) this.end(id, notice);
    if (ended.length > 0) onEnded(ended);
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

  private sessionsOf(userId: string): SessionRecord[] {
    this.sweep();
    return [...this.sessions.values()]
      .map(({ value }) => value)
      .filter((record) => record.userId === userId)
      .sort((one, other) => signInTime(other) - signInTime(one));
  }

  private keep(record: SessionRecord): SessionRecord {
    const endsAt = Math.min(this.now() + idleWindowMs(record.idleMs), record.absoluteEndAt);
    this.sessions.set(record.id, { value: record, endsAt });
    return record;
  }

  private end(id: SessionId, notice: EndNotice): SessionRecord | null {
    const last = this.read(this.sessions, id);
    this.sessions.delete(id);
    const isReplaced = !last && this.read(this.notices, id)?.reason === 'replaced';
    if (isReplaced && notice.reason !== 'replaced') return null;
    const now = this.now();
    this.notices.set(id, { value: { ...notice, at: now }, endsAt: now + this.noticeTtlMs });
    return last;
  }

  private checkSize(fields: ReadonlyMap<string, string>, userId: string | null): void {
    const bytes = bytesOf(fields);
    const maxBytes = userId === null ? this.anonymousMaxBytes : this.maxBytes;
    if (bytes > maxBytes) throw new SessionSizeError(maxBytes, bytes);
  }

  private read<K extends string, T>(from: Map<K, Held<T>>, key: K): T | null {
    const held = from.get(key);
    return held && held.endsAt > this.now() ? held.value : null;
  }

  private sweep(): void {
    const now = this.now();
    for (const held of [this.sessions, this.notices, this.sources] as Map<string, Held<unknown>>[]) {
      for (const [id, { endsAt }] of held) if (endsAt <= now) held.delete(id);
    }
  }
}

function signedInRecord(
  intent: SignInIntent,
  fields: ReadonlyMap<string, string>,
  now: number,
): SessionRecord {
  const { id, userId, device, address, persistent, timeouts } = intent;
  return {
    id,
    createdAt: intent.createdAt ?? now,
    lastActiveAt: now,
    idleMs: timeouts.idleMs,
    absoluteEndAt: intent.absoluteEndAt ?? now + timeouts.absoluteMs,
    userId,
    signedInAt: intent.signedInAt ?? now,
    device,
    address,
    persistent,
    ...(intent.own && { own: intent.own }),
    rotation: null,
    fields,
  };
}

/** With the nonce, whoever has the old token finds the new one. When the grace is over nobody is meant to. */
function withoutSpentNonce(rotation: Rotation | null, now: number): Rotation | null {
  const isSpent = rotation !== null && rotation.graceEndAt !== null && rotation.graceEndAt <= now;
  return isSpent ? { ...rotation, nonce: null } : rotation;
}

function sourceKey(userId: string, { digest }: SignInSource): string {
  return `${digest}:${userId}`;
}

function listed(record: SessionRecord): SessionRecord {
  return { ...record, rotation: null, fields: new Map() };
}

const lastActivity = (record: SessionRecord) => record.lastActiveAt;
const signInTime = (record: SessionRecord) => record.signedInAt ?? 0;

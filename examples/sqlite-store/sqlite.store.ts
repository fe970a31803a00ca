import Database from 'better-sqlite3';
import {
  type BulkSelection,
  byLatestSignIn,
  checkSize,
  type Clock,
  committedRecord,
  type CompareAndSetOutcome,
  confirmedRotation,
  type CreateIntent,
  createdRecord,
  type EndedSession,
  type EndNotice,
  evictedBy,
  type FieldChanges,
  isNoticeKept,
  isSelected,
  listedRecord,
  type RegenerateIntent,
  regeneratedRecord,
  type RotateIntent,
  rotatedBy,
  type Rotation,
  type SessionEnd,
  type SessionId,
  type SessionRecord,
  type SessionStore,
  SessionUnavailableError,
  signedInRecord,
  type SignInIntent,
  type SignInOutcome,
  systemClock,
} from 'nestjs-redis-session/core';
import { Rows } from './rows.js';
import { prepareSchema } from './schema.js';

/** The settings of a {@link SqliteStore}. */
export interface SqliteStoreSettings {
  /** The time for which the reason of a session's end is kept, in milliseconds. Default: ten minutes. */
  readonly noticeTtlMs?: number;
  /** The maximum size of a session's fields, with their names, in bytes. Default: 64 KiB. */
  readonly maxBytes?: number;
  /** The maximum size of an anonymous session's fields, in bytes. Default: `maxBytes`. */
  readonly anonymousMaxBytes?: number;
  /**
   * The clock that ends sessions. Default: the clock of this machine, which all processes that open the file share. SQLite
   * has no clock of its own.
   */
  readonly clock?: Clock;
  /**
   * The time for which a call waits for another process that holds the file, in milliseconds. The process serves no other
   * request meanwhile, because better-sqlite3 is synchronous. Default: 1000.
   */
  readonly busyTimeoutMs?: number;
}

const DEFAULT_NOTICE_TTL_MS = 10 * 60_000;
const DEFAULT_MAX_BYTES = 64 * 1024;
const DEFAULT_BUSY_TIMEOUT_MS = 1_000;
const SWEEP_INTERVAL_MS = 60_000;

/**
 * Keeps sessions in a SQLite file, for applications on one machine. It offers all capabilities; `touch`, `increment` and
 * `ping` are left to their defaults.
 *
 * Each intent is one transaction that reads what there is, lets a rule of `nestjs-redis-session/core` compute the new
 * record, and writes it. The transaction takes the lock of the file before it reads, so no other process writes in
 * between.
 */
export class SqliteStore implements SessionStore {
  private readonly database: Database.Database;
  private readonly rows: Rows;
  private readonly clock: Clock;
  private readonly noticeTtlMs: number;
  private readonly maxBytes: number;
  private readonly anonymousMaxBytes: number;
  private readonly sweeper: NodeJS.Timeout;

  /** @param path the file, which is created if it is missing; `:memory:` for none */
  constructor(path: string, settings: SqliteStoreSettings = {}) {
    this.clock = settings.clock ?? systemClock;
    this.noticeTtlMs = settings.noticeTtlMs ?? DEFAULT_NOTICE_TTL_MS;
    this.maxBytes = settings.maxBytes ?? DEFAULT_MAX_BYTES;
    this.anonymousMaxBytes = settings.anonymousMaxBytes ?? this.maxBytes;
    this.database = new Database(path, { timeout: settings.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS });
    prepareSchema(this.database);
    this.rows = new Rows(this.database);
    this.sweeper = setInterval(() => this.sweepAll(), SWEEP_INTERVAL_MS).unref();
  }

  load(id: SessionId): Promise<SessionRecord | null> {
    return this.attempt('load a session', () => this.rows.session(id, this.now()));
  }

  endOf(id: SessionId): Promise<SessionEnd | null> {
    return this.attempt('load the end of a session', () => this.rows.notice(id, this.now()));
  }

  create(intent: CreateIntent): Promise<SessionRecord> {
    return this.transact('create a session', (now) => {
      if (this.rows.owner(intent.id, now) !== undefined) {
        throw new SessionUnavailableError('create a session', `the id ${intent.id} is taken`);
      }
      const record = createdRecord({ ...intent, fields: new Map(intent.fields) }, now);
      this.checkSize(record);
      return this.rows.keepSession(record);
    });
  }

  // #region commit
  commit({ id, idleMs }: SessionRecord, changes: FieldChanges): Promise<boolean> {
    return this.transact('write to a session', (now) => {
      const live = this.rows.session(id, now);
      if (live) this.write(live, idleMs, changes, now);
      return live !== null;
    });
  }
  // #endregion commit

  compareAndSet(
    { id, idleMs }: SessionRecord,
    field: string,
    expected: string | null,
    next: string | null,
  ): Promise<CompareAndSetOutcome> {
    return this.transact('update a field', (now): CompareAndSetOutcome => {
      const live = this.rows.session(id, now);
      if (!live) return { status: 'gone' };
      const text = live.fields.get(field) ?? null;
      if (text !== expected) return { status: 'changed', text };
      const set = new Map(next === null ? [] : [[field, next]]);
      this.write(live, idleMs, { set, remove: next === null ? [field] : [] }, now);
      return { status: 'set' };
    });
  }

  rotate(intent: RotateIntent): Promise<Rotation | null> {
    return this.transact('rotate a token', (now) => {
      const live = this.rows.session(intent.record.id, now);
      return live && this.rows.keepSession({ ...live, rotation: rotatedBy(intent, live, now) }).rotation;
    });
  }

  confirmRotation({ id, rotation }: SessionRecord, graceMs: number): Promise<void> {
    return this.transact('confirm a rotation', (now) => {
      const live = this.rows.session(id, now);
      if (!live) return;
      const confirmed = confirmedRotation(live, rotation?.current, graceMs, now);
      this.rows.keepSession({ ...live, rotation: confirmed });
    });
  }

  regenerate(intent: RegenerateIntent): Promise<SessionRecord | null> {
    return this.transact('regenerate a session', (now) => {
      const live = this.rows.session(intent.from.id, now);
      if (!live) return null;
      this.end(live.id, { reason: 'replaced' }, now);
      return this.rows.keepSession(regeneratedRecord(live, intent, now));
    });
  }

  // #region sign-in
  signIn(intent: SignInIntent): Promise<SignInOutcome> {
    return this.transact('sign in', (now): SignInOutcome => {
      const repeated = this.repeatedSignIn(intent, now);
      if (repeated) return repeated;
      const { userId, replaces, source, device, address } = intent;
      const previous = replaces?.keepData ? this.rows.session(replaces.id, now) : null;
      const record = signedInRecord(intent, previous?.fields ?? new Map(), now);
      this.checkSize(record);
      const live = this.rows.sessionsOf(userId, now).filter(({ id }) => id !== replaces?.id);
      const evicted = evictedBy(intent, live);
      if (!evicted) return { status: 'rejected', live: live.sort(byLatestSignIn).map(listedRecord) };
      for (const { id } of evicted) this.end(id, { reason: 'evicted', by: { device, address } }, now);
      if (replaces) this.end(replaces.id, { reason: 'replaced' }, now);
      this.rows.keepSession(record);
      if (source) this.rows.keepSource(userId, source, record.id, now);
      return { status: 'signed-in', record, evicted: evicted.map(({ id }) => id) };
    });
  }
  // #endregion sign-in

  destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null> {
    return this.transact('end a session', (now) => this.end(id, notice, now));
  }

  revoke(id: SessionId, notice: EndNotice, ownedBy: string | null): Promise<EndedSession | null> {
    return this.transact('revoke a session', (now) => {
      const userId = this.rows.owner(id, now);
      if (userId === undefined || (ownedBy !== null && userId !== ownedBy)) return null;
      this.end(id, notice, now);
      return { id, userId };
    });
  }

  list(userId: string): Promise<SessionRecord[]> {
    return this.attempt('list sessions', () =>
      this.rows.sessionsOf(userId, this.now()).sort(byLatestSignIn).map(listedRecord),
    );
  }

  async revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]> {
    return (await this.endMany(userId, notice, { except, signedInBefore: null })).map(({ id }) => id);
  }

  async revokeEveryone(
    notice: EndNotice,
    selection: BulkSelection,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void> {
    onEnded(await this.endMany(null, notice, selection));
  }

  now(): number {
    return this.clock.now();
  }

  close(): Promise<void> {
    clearInterval(this.sweeper);
    this.database.close();
    return Promise.resolve();
  }

  /** Deletes some expired rows. Returns true if there may be more. The store calls it every minute. */
  sweep(): boolean {
    return this.rows.sweep(this.now());
  }

  private write(live: SessionRecord, idleMs: number, changes: FieldChanges, now: number): void {
    const record = committedRecord(live, idleMs, changes, now);
    if (changes.set.size > 0) this.checkSize(record);
    this.rows.keepSession(record);
  }

  private repeatedSignIn({ userId, source }: SignInIntent, now: number): SignInOutcome | null {
    const kept = source && this.rows.source(userId, source, now);
    const record = kept && this.rows.session(kept.id, now);
    if (!record || record.rotation) return null;
    return { status: 'again', record, nonce: kept.nonce, evicted: [] };
  }

  private endMany(userId: string | null, notice: EndNotice, selection: BulkSelection) {
    return this.transact('revoke sessions', (now) => {
      const ended = this.rows.owners(userId, now).filter(({ id }) => {
        const record = this.rows.session(id, now);
        return record ? isSelected(record, selection) : id !== selection.except;
      });
      for (const { id } of ended) this.end(id, notice, now);
      return ended;
    });
  }

  /** Ends a session, and returns what it last held. The notice is left even if there is no session. */
  private end(id: SessionId, notice: EndNotice, now: number): SessionRecord | null {
    const last = this.rows.session(id, now);
    this.rows.deleteSession(id);
    if (last || !isNoticeKept(this.rows.notice(id, now), notice)) {
      this.rows.keepNotice(id, notice, now, now + this.noticeTtlMs);
    }
    return last;
  }

  private checkSize({ fields, userId }: SessionRecord): void {
    checkSize(fields, userId === null ? this.anonymousMaxBytes : this.maxBytes);
  }

  // #region transaction
  /** Runs an intent in one transaction, which leaves nothing behind if it throws. `now` is the time of all its steps. */
  private transact<T>(operation: string, intent: (now: number) => T): Promise<T> {
    return this.attempt(operation, () => this.database.transaction(() => intent(this.now())).immediate());
  }

  /** Rejects with a {@link SessionUnavailableError} if SQLite fails, for instance because the disk is full. */
  // eslint-disable-next-line @typescript-eslint/require-await -- a store rejects where SQLite throws
  private async attempt<T>(operation: string, work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      if (error instanceof Database.SqliteError) throw new SessionUnavailableError(operation, error);
      throw error;
    }
  }
  // #endregion transaction

  /** Sweeps step by step, between which requests are served. */
  private sweepAll(): void {
    try {
      if (this.database.open && this.sweep()) setImmediate(() => this.sweepAll());
    } catch {
      // Another process holds the file. The next sweep deletes what is left.
    }
  }
}

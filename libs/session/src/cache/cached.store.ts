import type { StoreBreaker } from '../core/breaker.js';
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
} from '../core/store.js';
import type { SessionId } from '../core/token.js';
import type { SessionCopies } from './session-copies.js';

/**
 * Answers {@link load} from copies in this process as long as they hold, and hands everything else to the store behind
 * it. Whatever this process writes takes the copy away before the write returns, however the write ended: who has
 * written reads what was written.
 */
export class CachedStore implements SessionStore {
  constructor(
    private readonly store: SessionStore,
    private readonly copies: SessionCopies,
  ) {}

  get breaker(): StoreBreaker | undefined {
    return this.store.breaker;
  }

  load(id: SessionId, options?: LoadOptions): Promise<SessionRecord | null> {
    const ask = (waitingSince = options?.waitingSince) => this.store.load(id, { ...options, waitingSince });
    return options?.fresh ? ask() : this.copies.get(id, ask);
  }

  isCopy(record: SessionRecord): boolean {
    return this.copies.has(record);
  }

  endOf(id: SessionId): Promise<SessionEnd | null> {
    return this.store.endOf(id);
  }

  async create(intent: CreateIntent): Promise<SessionRecord> {
    const record = await this.write([intent.id], () => this.store.create(intent));
    this.copies.note(record.id);
    return record;
  }

  commit(record: SessionRecord, changes: FieldChanges): Promise<boolean> {
    return this.write([record.id], () => this.store.commit(record, changes));
  }

  increment(record: SessionRecord, field: string, by: number): Promise<IncrementOutcome> {
    return this.write([record.id], () => this.store.increment(record, field, by));
  }

  compareAndSet(
    record: SessionRecord,
    field: string,
    expected: string | null,
    next: string | null,
  ): Promise<CompareAndSetOutcome> {
    return this.write([record.id], () => this.store.compareAndSet(record, field, expected, next));
  }

  touch(record: SessionRecord): Promise<boolean> {
    return this.write([record.id], () => this.store.touch(record));
  }

  rotate(intent: RotateIntent): Promise<Rotation | null> {
    return this.write([intent.record.id], () => this.store.rotate(intent));
  }

  confirmRotation(record: SessionRecord, graceMs: number): Promise<void> {
    return this.write([record.id], () => this.store.confirmRotation(record, graceMs));
  }

  async regenerate(intent: RegenerateIntent): Promise<SessionRecord | null> {
    const record = await this.write([intent.from.id, intent.to], () => this.store.regenerate(intent));
    if (record) this.copies.note(record.id);
    return record;
  }

  async signIn(intent: SignInIntent): Promise<SignInOutcome> {
    const ids = intent.replaces ? [intent.id, intent.replaces.id] : [intent.id];
    try {
      const outcome = await this.write(ids, () => this.store.signIn(intent));
      if (outcome.status === 'signed-in') {
        this.copies.forget(outcome.evicted);
        this.copies.note(intent.id);
      }
      return outcome;
    } catch (error) {
      // It may have evicted sessions all the same, and which ones nobody knows here.
      this.copies.forgetUser(intent.userId);
      throw error;
    }
  }

  destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null> {
    return this.write([id], () => this.store.destroy(id, notice));
  }

  revoke(id: SessionId, notice: EndNotice, ownedBy: string | null): Promise<EndedSession | null> {
    return this.write([id], () => this.store.revoke(id, notice, ownedBy));
  }

  list(userId: string): Promise<SessionRecord[]> {
    return this.store.list(userId);
  }

  async revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]> {
    try {
      return await this.store.revokeAll(userId, notice, except);
    } finally {
      this.copies.forgetUser(userId);
    }
  }

  async revokeEveryone(
    notice: EndNotice,
    except: SessionId | null,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void> {
    try {
      await this.store.revokeEveryone(notice, except, (ended) => {
        this.copies.forget(ended.map(({ id }) => id));
        onEnded(ended);
      });
    } finally {
      this.copies.forgetEveryone();
    }
  }

  now(): number {
    return this.store.now();
  }

  ping(): Promise<void> {
    return this.store.ping();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  /** Forgets before, so that nobody is told what is about to be outdated, and afterwards what was read meanwhile. */
  private async write<T>(ids: readonly SessionId[], operation: () => Promise<T>): Promise<T> {
    this.copies.forget(ids);
    try {
      return await operation();
    } finally {
      this.copies.forget(ids);
    }
  }
}

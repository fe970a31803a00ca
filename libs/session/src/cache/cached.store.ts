import { DelegatingStore } from '../core/store/delegating.store.js';
import type {
  BulkSelection,
  CreateIntent,
  EndedSession,
  EndNotice,
  LoadOptions,
  RegenerateIntent,
  SessionRecord,
  SessionStore,
  SignInIntent,
  SignInOutcome,
  StoreOperation,
} from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import type { SessionCopies } from './session-copies.js';

/**
 * Serves {@link load} from copies in this process as long as they are valid, and passes all other calls to the store behind
 * it. Each write of this process drops the copy before the call settles, even if the write fails, so that a process reads
 * its own writes.
 */
export class CachedStore extends DelegatingStore {
  constructor(
    store: SessionStore,
    private readonly copies: SessionCopies,
  ) {
    super(store);
  }

  override load(id: SessionId, options?: LoadOptions): Promise<SessionRecord | null> {
    const loadFresh = (waitingSince = options?.waitingSince) =>
      this.store.load(id, { ...options, waitingSince });
    return options?.fresh ? loadFresh() : this.copies.get(id, loadFresh);
  }

  peek(id: SessionId): SessionRecord | null {
    return this.copies.peek(id);
  }

  override isCopy(record: SessionRecord): boolean {
    return this.copies.isCopy(record);
  }

  override async create(intent: CreateIntent): Promise<SessionRecord> {
    const record = await super.create(intent);
    this.copies.markKnown(record.id);
    return record;
  }

  override async regenerate(intent: RegenerateIntent): Promise<SessionRecord | null> {
    const record = await super.regenerate(intent);
    if (record) this.copies.markKnown(record.id);
    return record;
  }

  override async signIn(intent: SignInIntent): Promise<SignInOutcome> {
    try {
      const outcome = await super.signIn(intent);
      if (outcome.status === 'signed-in') {
        this.copies.drop(outcome.evicted);
        this.copies.markKnown(intent.id);
      }
      return outcome;
    } catch (error) {
      // The sign-in may have evicted sessions before it failed, and the error does not name them.
      this.copies.dropUser(intent.userId);
      throw error;
    }
  }

  override async revokeAll(
    userId: string,
    notice: EndNotice,
    except: SessionId | null,
  ): Promise<SessionId[]> {
    try {
      return await super.revokeAll(userId, notice, except);
    } finally {
      this.copies.dropUser(userId);
    }
  }

  override async revokeEveryone(
    notice: EndNotice,
    selection: BulkSelection,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void> {
    try {
      await super.revokeEveryone(notice, selection, (ended) => {
        this.copies.drop(ended.map(({ id }) => id));
        onEnded(ended);
      });
    } finally {
      this.copies.dropAll();
    }
  }

  /** Drops copies before a write, which makes them stale, and again after the write, for copies that were made meanwhile. */
  protected override async run<T>(
    _operation: StoreOperation,
    changed: readonly SessionId[],
    call: () => Promise<T>,
  ): Promise<T> {
    this.copies.drop(changed);
    try {
      return await call();
    } finally {
      this.copies.drop(changed);
    }
  }
}

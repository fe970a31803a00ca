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
} from '../../core/store.js';
import type { SessionId } from '../../core/token.js';
import { Gate } from './gate.js';

/** What a store can be asked that takes time. */
export type StoreOperation = Exclude<keyof SessionStore, 'now' | 'close' | 'isCopy'>;

/**
 * Where an operation can be held: `'before'` it reaches the store, or `'after'` the store did it and before its caller
 * hears of it.
 */
export type HoldPoint = 'before' | 'after';

interface Hold {
  readonly operation: StoreOperation;
  readonly point: HoldPoint;
  readonly gate: Gate;
}

/**
 * A store that does what another does, and whose operations a test can hold: gates in place of sleeps, so that a race
 * goes the same way each time.
 *
 * @example
 * const store = new GatedStore(new MemoryStore());
 * // … an application with `SessionModule.forRoot({ store })`, and a client that is signed in
 * const gate = store.hold('commit');
 * const slow = client.put('/cart', item);
 * await gate.arrived;
 * await client.post('/logout');
 * gate.open();
 * await slow; // has brought nothing back
 */
export class GatedStore implements SessionStore {
  private readonly holds: Hold[] = [];

  constructor(private readonly store: SessionStore) {}

  /** Holds the next call of an operation that no earlier hold takes. */
  hold(operation: StoreOperation, point: HoldPoint = 'before'): Gate {
    const gate = new Gate();
    this.holds.push({ operation, point, gate });
    return gate;
  }

  /** Lets the store do the next call of an operation, and lets its caller hear a {@link SessionUnavailableError}. */
  loseReply(operation: StoreOperation): void {
    this.hold(operation, 'after').fail();
  }

  load(id: SessionId, options?: LoadOptions): Promise<SessionRecord | null> {
    return this.run('load', () => this.store.load(id, options));
  }

  isCopy(record: SessionRecord): boolean {
    return this.store.isCopy?.(record) ?? false;
  }

  endOf(id: SessionId): Promise<SessionEnd | null> {
    return this.run('endOf', () => this.store.endOf(id));
  }

  create(intent: CreateIntent): Promise<SessionRecord> {
    return this.run('create', () => this.store.create(intent));
  }

  commit(record: SessionRecord, changes: FieldChanges): Promise<boolean> {
    return this.run('commit', () => this.store.commit(record, changes));
  }

  increment(record: SessionRecord, field: string, by: number): Promise<IncrementOutcome> {
    return this.run('increment', () => this.store.increment(record, field, by));
  }

  compareAndSet(
    record: SessionRecord,
    field: string,
    expected: string | null,
    next: string | null,
  ): Promise<CompareAndSetOutcome> {
    return this.run('compareAndSet', () => this.store.compareAndSet(record, field, expected, next));
  }

  touch(record: SessionRecord): Promise<boolean> {
    return this.run('touch', () => this.store.touch(record));
  }

  rotate(intent: RotateIntent): Promise<Rotation | null> {
    return this.run('rotate', () => this.store.rotate(intent));
  }

  confirmRotation(record: SessionRecord, graceMs: number): Promise<void> {
    return this.run('confirmRotation', () => this.store.confirmRotation(record, graceMs));
  }

  regenerate(intent: RegenerateIntent): Promise<SessionRecord | null> {
    return this.run('regenerate', () => this.store.regenerate(intent));
  }

  signIn(intent: SignInIntent): Promise<SignInOutcome> {
    return this.run('signIn', () => this.store.signIn(intent));
  }

  destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null> {
    return this.run('destroy', () => this.store.destroy(id, notice));
  }

  revoke(id: SessionId, notice: EndNotice, ownedBy: string | null): Promise<EndedSession | null> {
    return this.run('revoke', () => this.store.revoke(id, notice, ownedBy));
  }

  list(userId: string): Promise<SessionRecord[]> {
    return this.run('list', () => this.store.list(userId));
  }

  revokeAll(userId: string, notice: EndNotice, except: SessionId | null): Promise<SessionId[]> {
    return this.run('revokeAll', () => this.store.revokeAll(userId, notice, except));
  }

  revokeEveryone(
    notice: EndNotice,
    except: SessionId | null,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void> {
    return this.run('revokeEveryone', () => this.store.revokeEveryone(notice, except, onEnded));
  }

  ping(): Promise<void> {
    return this.run('ping', () => this.store.ping());
  }

  now(): number {
    return this.store.now();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  /** Called at both points of every operation; the operation waits for it. */
  protected async reach(operation: StoreOperation, point: HoldPoint): Promise<void> {
    const index = this.holds.findIndex((hold) => hold.operation === operation && hold.point === point);
    if (index >= 0) await this.holds.splice(index, 1)[0]?.gate.pass();
  }

  private async run<T>(operation: StoreOperation, call: () => Promise<T>): Promise<T> {
    await this.reach(operation, 'before');
    const reply = await call();
    await this.reach(operation, 'after');
    return reply;
  }
}

import type { StoreBreaker } from './breaker.js';
import { SessionUsageError } from '../errors/errors.js';
import { NO_CHANGES } from './field-changes.js';
import type * as Port from './store.js';
import { sumOf } from './store-rules.js';
import type { SessionId } from '../record/token.js';
import { mintToken, randomShard, sessionIdOf } from '../record/token.js';

/** The methods that make up each capability. */
const METHODS = {
  'field-operations': ['compareAndSet'],
  'token-rotation': ['rotate', 'confirmRotation'],
  'bulk-revocation': ['revokeEveryone'],
} as const satisfies Record<Port.StoreCapability, readonly (keyof Port.SessionStore)[]>;

const CAPABILITIES = Object.keys(METHODS) as Port.StoreCapability[];

/** The optional methods, each of which {@link DelegatingStore} has a default for. */
const WITH_DEFAULT = ['touch', 'revoke', 'increment', 'ping', 'close'] as const;

/** Returns the capabilities of a store: those that it declares, else those whose methods it has. */
export function capabilitiesOf(store: Port.SessionStore): ReadonlySet<Port.StoreCapability> {
  const hasAll = (capability: Port.StoreCapability) => METHODS[capability].every((method) => store[method]);
  return store.capabilities ?? new Set(CAPABILITIES.filter(hasAll));
}

/** Returns the capability that an operation belongs to, as a list: empty for an operation of every store. */
export function capabilityFor(operation: Port.StoreOperation): Port.StoreCapability[] {
  if (operation === 'increment') return ['field-operations'];
  return CAPABILITIES.filter((capability) => (METHODS[capability] as readonly string[]).includes(operation));
}

/** Returns the store itself if it has every method, else a wrapper that adds the defaults. */
export function completeStore(store: Port.SessionStore): Port.CompleteStore {
  const methods = [...WITH_DEFAULT, ...CAPABILITIES.flatMap((capability) => METHODS[capability])];
  const isComplete = methods.every((method) => store[method] !== undefined);
  return isComplete ? (store as Port.CompleteStore) : new DelegatingStore(store);
}

/**
 * Passes every call to another store, and adds defaults for its missing methods. Extend this class to change the behaviour
 * of another store: override one method, or {@link run} for all of them.
 *
 * @example
 * class CountingStore extends DelegatingStore {
 *   reads = 0;
 *   override load(id: SessionId, options?: LoadOptions) {
 *     this.reads++;
 *     return super.load(id, options);
 *   }
 * }
 */
export class DelegatingStore implements Port.CompleteStore {
  constructor(protected readonly store: Port.SessionStore) {}

  get breaker(): StoreBreaker | undefined {
    return this.store.breaker;
  }

  get capabilities(): ReadonlySet<Port.StoreCapability> {
    return capabilitiesOf(this.store);
  }

  load(id: SessionId, options?: Port.LoadOptions): Promise<Port.SessionRecord | null> {
    return this.run('load', [], () => this.store.load(id, options));
  }

  isCopy(record: Port.SessionRecord): boolean {
    return this.store.isCopy?.(record) ?? false;
  }

  endOf(id: SessionId): Promise<Port.SessionEnd | null> {
    return this.run('endOf', [], () => this.store.endOf(id));
  }

  create(intent: Port.CreateIntent): Promise<Port.SessionRecord> {
    return this.run('create', [intent.id], () => this.store.create(intent));
  }

  commit(
    record: Port.SessionRecord,
    changes: Port.FieldChanges,
    options?: Port.CommitOptions,
  ): Promise<boolean> {
    return this.run('commit', [record.id], () => this.store.commit(record, changes, options));
  }

  touch(record: Port.SessionRecord): Promise<boolean> {
    return this.run('touch', [record.id], () =>
      this.store.touch ? this.store.touch(record) : this.store.commit(record, NO_CHANGES),
    );
  }

  regenerate(intent: Port.RegenerateIntent): Promise<Port.SessionRecord | null> {
    return this.run('regenerate', [intent.from.id, intent.to], () => this.store.regenerate(intent));
  }

  signIn(intent: Port.SignInIntent): Promise<Port.SignInOutcome> {
    const ids = intent.replaces ? [intent.id, intent.replaces.id] : [intent.id];
    return this.run('signIn', ids, () => this.store.signIn(intent));
  }

  destroy(id: SessionId, notice: Port.EndNotice): Promise<Port.SessionRecord | null> {
    return this.run('destroy', [id], () => this.store.destroy(id, notice));
  }

  revoke(id: SessionId, notice: Port.EndNotice, ownedBy: string | null): Promise<Port.EndedSession | null> {
    const { store } = this;
    return this.run('revoke', [id], () =>
      store.revoke ? store.revoke(id, notice, ownedBy) : revokeByDestroy(store, id, notice, ownedBy),
    );
  }

  list(userId: string): Promise<Port.SessionRecord[]> {
    return this.run('list', [], () => this.store.list(userId));
  }

  revokeAll(userId: string, notice: Port.EndNotice, except: SessionId | null): Promise<SessionId[]> {
    return this.run('revokeAll', [], () => this.store.revokeAll(userId, notice, except));
  }

  compareAndSet(
    record: Port.SessionRecord,
    field: string,
    expected: string | null,
    next: string | null,
  ): Promise<Port.CompareAndSetOutcome> {
    return this.run('compareAndSet', [record.id], async () =>
      this.has('field-operations').compareAndSet(record, field, expected, next),
    );
  }

  increment(record: Port.SessionRecord, field: string, by: number): Promise<Port.IncrementOutcome> {
    return this.run('increment', [record.id], async () => {
      const store = this.has('field-operations');
      return store.increment
        ? store.increment(record, field, by)
        : incrementByCompareAndSet(store, record, field, by);
    });
  }

  rotate(intent: Port.RotateIntent): Promise<Port.Rotation | null> {
    return this.run('rotate', [intent.record.id], async () => this.has('token-rotation').rotate(intent));
  }

  confirmRotation(record: Port.SessionRecord, graceMs: number): Promise<void> {
    return this.run('confirmRotation', [record.id], async () =>
      this.has('token-rotation').confirmRotation(record, graceMs),
    );
  }

  revokeEveryone(
    notice: Port.EndNotice,
    selection: Port.BulkSelection,
    onEnded: (ended: readonly Port.EndedSession[]) => void,
  ): Promise<void> {
    return this.run('revokeEveryone', [], async () =>
      this.has('bulk-revocation').revokeEveryone(notice, selection, onEnded),
    );
  }

  now(): number {
    return this.store.now();
  }

  ping(): Promise<void> {
    return this.run('ping', [], async () => {
      if (this.store.ping) return this.store.ping();
      await this.store.load(sessionIdOf(mintToken(randomShard())));
    });
  }

  async close(): Promise<void> {
    await this.store.close?.();
  }

  /**
   * Runs every asynchronous call except `close()`. Override it to run code before or after each call.
   *
   * @param _changed the sessions named in the call that the call may change. A sign-in or a revocation may change more
   */
  protected run<T>(
    _operation: Port.StoreOperation,
    _changed: readonly SessionId[],
    call: () => Promise<T>,
  ): Promise<T> {
    return call();
  }

  /** @throws SessionUsageError if the store lacks a capability */
  private has<C extends Port.StoreCapability>(capability: C): Port.SessionStore & CapabilityMethods[C] {
    if (METHODS[capability].every((method) => this.store[method]))
      return this.store as Port.SessionStore & CapabilityMethods[C];
    throw new SessionUsageError(
      `The session store lacks the capability "${capability}", which this call needs: it has no ` +
        `${METHODS[capability].map((method) => `${method}()`).join(' and ')}. ` +
        'Use a store that offers it, such as RedisStore, or add the methods to your store.',
    );
  }
}

interface CapabilityMethods {
  'field-operations': Port.FieldOperations;
  'token-rotation': Port.TokenRotation;
  'bulk-revocation': Port.BulkRevocation;
}

async function revokeByDestroy(
  store: Port.SessionStore,
  id: SessionId,
  notice: Port.EndNotice,
  ownedBy: string | null,
): Promise<Port.EndedSession | null> {
  // A session never changes its user, so the owner is still the same when the session ends.
  const record = await store.load(id, { fresh: true });
  if (!record || (ownedBy !== null && record.userId !== ownedBy)) return null;
  return (await store.destroy(id, notice)) && { id, userId: record.userId };
}

async function incrementByCompareAndSet(
  store: Port.SessionStore & Port.FieldOperations,
  record: Port.SessionRecord,
  field: string,
  by: number,
): Promise<Port.IncrementOutcome> {
  const live = await store.load(record.id, { fresh: true });
  if (!live) return { status: 'gone' };
  let text = live.fields.get(field) ?? null;
  for (;;) {
    const value = sumOf(text, by);
    if (value === null) return { status: 'not-a-number' };
    const outcome = await store.compareAndSet(record, field, text, String(value));
    if (outcome.status === 'set') return { status: 'incremented', value };
    if (outcome.status === 'gone') return outcome;
    text = outcome.text;
  }
}

import { MemoryStore } from '../memory/memory.store.js';
import { interleavings } from './races/interleavings.js';
import { storeRaces } from './races/store-races.js';
import { sessionStoreConformance } from './store-conformance.js';
import { changes, freshId, plainSignIn } from './store-conformance.stage.js';
import { TestClock } from './test-clock.js';
import { capabilitiesOf, completeStore, DelegatingStore } from '../core/store/delegating.store.js';
import { SessionUsageError } from '../core/errors/errors.js';
import type { SessionRecord, SessionStore, StoreCapability } from '../core/store/store.js';
import { rotationKeys } from '../core/record/token.js';

const REQUIRED = [
  'load',
  'endOf',
  'create',
  'commit',
  'regenerate',
  'signIn',
  'destroy',
  'list',
  'revokeAll',
  'now',
] as const;

/** Returns a store with only some of the methods of another. */
function withOnly(store: MemoryStore, methods: readonly (keyof SessionStore)[]): SessionStore {
  const entries = methods.map(
    (name) => [name, (store[name as 'load'] as () => unknown).bind(store)] as const,
  );
  return Object.fromEntries(entries) as unknown as SessionStore;
}

const store = new MemoryStore();
afterAll(() => store.close());

async function signedIn(userId: string): Promise<SessionRecord> {
  const outcome = await store.signIn(plainSignIn(userId));
  if (outcome.status !== 'signed-in') throw new Error(outcome.status);
  return outcome.record;
}

describe('a store with the required methods alone', () => {
  const minimal = withOnly(store, REQUIRED);
  const complete = completeStore(minimal);

  it('offers no capability', () => {
    expect([...capabilitiesOf(minimal)]).toEqual([]);
    expect([...capabilitiesOf(complete)]).toEqual([]);
  });

  it('records activity by a commit without changes', async () => {
    const record = await signedIn('touched');
    expect(await complete.touch(record)).toBe(true);
    await store.destroy(record.id, { reason: 'signed-out' });
    expect(await complete.touch(record)).toBe(false);
  });

  it('revokes a session of the named user only', async () => {
    const { id } = await signedIn('alice');
    expect(await complete.revoke(id, { reason: 'revoked' }, 'bob')).toBeNull();
    expect(await complete.revoke(id, { reason: 'revoked' }, 'alice')).toEqual({ id, userId: 'alice' });
    expect(await complete.revoke(id, { reason: 'revoked' }, null)).toBeNull();
    expect(await complete.endOf(id)).toMatchObject({ reason: 'revoked' });
  });

  it('answers a ping by a read, and closes without an error', async () => {
    await complete.ping();
    await complete.close();
    const broken = completeStore({ ...minimal, load: () => Promise.reject(new Error('disk full')) });
    await expect(broken.ping()).rejects.toThrow('disk full');
  });

  it.each<[StoreCapability, string, (record: SessionRecord) => Promise<unknown>]>([
    ['field-operations', 'compareAndSet()', (record) => complete.compareAndSet(record, 'cart', null, '1')],
    ['field-operations', 'compareAndSet()', (record) => complete.increment(record, 'visits', 1)],
    [
      'token-rotation',
      'rotate() and confirmRotation()',
      (record) => complete.rotate({ record, from: 'a', to: 'b', keys: rotationKeys() }),
    ],
    ['token-rotation', 'rotate() and confirmRotation()', (record) => complete.confirmRotation(record, 1)],
    [
      'bulk-revocation',
      'revokeEveryone()',
      () =>
        complete.revokeEveryone(
          { reason: 'revoked' },
          { except: null, signedInBefore: null },
          () => undefined,
        ),
    ],
  ])('rejects a call that needs %s, and names %s', async (capability, methods, call) => {
    const error: unknown = await call(await signedIn('carol')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SessionUsageError);
    expect((error as Error).message).toContain(`"${capability}"`);
    expect((error as Error).message).toContain(methods);
  });
});

describe('a store without increment()', () => {
  const complete = completeStore(withOnly(store, [...REQUIRED, 'compareAndSet']));

  it('adds by compareAndSet(), and loses none of many parallel additions', async () => {
    const record = await signedIn('adder');
    await Promise.all(Array.from({ length: 50 }, () => complete.increment(record, 'visits', 2)));
    expect((await store.load(record.id))?.fields.get('visits')).toBe('100');
  });

  it('adds nothing to text, to the largest number or to an ended session', async () => {
    const record = await signedIn('adder');
    await store.commit(record, changes({ name: '"x"', most: String(Number.MAX_SAFE_INTEGER) }));
    expect(await complete.increment(record, 'name', 1)).toEqual({ status: 'not-a-number' });
    expect(await complete.increment(record, 'most', 1)).toEqual({ status: 'not-a-number' });
    await store.destroy(record.id, { reason: 'signed-out' });
    expect(await complete.increment(record, 'visits', 1)).toEqual({ status: 'gone' });
  });
});

describe('completeStore()', () => {
  it('returns a store that has every method unchanged', () => {
    expect(completeStore(store)).toBe(store);
    expect(capabilitiesOf(store).size).toBe(3);
  });

  it('reports the capabilities of the store behind a delegating one', () => {
    const partial = withOnly(store, [...REQUIRED, 'compareAndSet', 'rotate']);
    expect([...capabilitiesOf(new DelegatingStore(new DelegatingStore(partial)))]).toEqual([
      'field-operations',
    ]);
  });
});

describe('a delegating store over one with the defaults and every capability', () => {
  /** Everything that has no default. */
  const NEEDED = [...REQUIRED, 'compareAndSet', 'rotate', 'confirmRotation', 'revokeEveryone'] as const;

  function open() {
    const clock = new TestClock();
    const memory = new MemoryStore({ clock });
    return Promise.resolve({
      store: new DelegatingStore(withOnly(memory, NEEDED)),
      maxBytes: 64 * 1024,
      advance: (ms: number) => Promise.resolve(clock.advance(ms)),
      countKeys: () => Promise.resolve(memory.size),
      close: () => memory.close(),
    });
  }

  it.each([...sessionStoreConformance(open), ...storeRaces(open), interleavings(open, { rounds: 20 })])(
    '$name',
    ({ run }) => run(),
  );

  it('leaves an unused id unused by a ping', async () => {
    const { store, countKeys } = await open();
    await store.ping();
    expect(await countKeys()).toBe(0);
    expect(await store.load(freshId())).toBeNull();
  });
});

import { SessionUnavailableError } from '../errors/errors.js';
import { mintToken, randomShard, rotationKeys, sessionIdOf } from '../record/token.js';
import type { SessionId } from '../record/token.js';
import { capabilitiesOf, capabilityFor, completeStore, DelegatingStore } from './delegating.store.js';
import { NO_CHANGES } from './field-changes.js';
import type { CompleteStore, SessionRecord, SessionStore, StoreOperation } from './store.js';
import { UnreachableStore } from './unreachable.store.js';

const [ID, OTHER] = [freshId(), freshId()];
const NOTICE = { reason: 'revoked' } as const;
const RECORD = { id: ID } as SessionRecord;
const onEnded = () => undefined;

function freshId(): SessionId {
  return sessionIdOf(mintToken(randomShard()));
}

/** Returns an intent with its IDs alone, because it is passed on as it is. */
function intent<T>(ids: object): T {
  return ids as T;
}

/** Returns a store that answers each call with the method's name and its arguments. */
function echo(without: readonly string[] = []): CompleteStore {
  const answer = (name: string | symbol, args: unknown[]) =>
    name === 'now' || name === 'isCopy' ? [name, ...args] : Promise.resolve([name, ...args]);
  return new Proxy({} as CompleteStore, {
    get: (_target, name) => {
      if (['capabilities', 'breaker', ...without].includes(String(name))) return undefined;
      return (...args: unknown[]) => answer(name, args);
    },
  });
}

/** Records the calls that pass through `run()`. */
class RecordingStore extends DelegatingStore {
  readonly calls: [operation: StoreOperation, changed: readonly SessionId[]][] = [];

  protected override run<T>(
    operation: StoreOperation,
    changed: readonly SessionId[],
    call: () => Promise<T>,
  ): Promise<T> {
    this.calls.push([operation, changed]);
    return call();
  }
}

const rotation = { record: RECORD, from: 'a', to: 'b', keys: rotationKeys() };

const CALLS: readonly [keyof SessionStore & StoreOperation, unknown[], SessionId[]][] = [
  ['load', [ID, { fresh: true }], []],
  ['endOf', [ID], []],
  ['create', [intent({ id: ID })], [ID]],
  ['commit', [RECORD, NO_CHANGES], [ID]],
  ['touch', [RECORD], [ID]],
  ['regenerate', [intent({ from: RECORD, to: OTHER })], [ID, OTHER]],
  ['signIn', [intent({ id: OTHER, replaces: RECORD })], [OTHER, ID]],
  ['signIn', [intent({ id: OTHER, replaces: null })], [OTHER]],
  ['destroy', [ID, NOTICE], [ID]],
  ['revoke', [ID, NOTICE, 'alice'], [ID]],
  ['list', ['alice'], []],
  ['revokeAll', ['alice', NOTICE, ID], []],
  ['compareAndSet', [RECORD, 'cart', null, '1'], [ID]],
  ['increment', [RECORD, 'visits', 1], [ID]],
  ['rotate', [rotation], [ID]],
  ['confirmRotation', [RECORD, 1_000], [ID]],
  ['revokeEveryone', [NOTICE, { except: ID, signedInBefore: 1 }, onEnded], []],
  ['ping', [], []],
];

function call(store: SessionStore, method: keyof SessionStore, args: readonly unknown[]): Promise<unknown> {
  return (store[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
}

describe('a delegating store', () => {
  it.each(CALLS)(
    'passes %s() on with its arguments, and names the sessions that it may change',
    async (...row) => {
      const [method, args, changed] = row;
      const store = new RecordingStore(echo());
      expect(await call(store, method, args)).toEqual([method, ...args]);
      expect(store.calls).toEqual([[method, changed]]);
    },
  );

  it('passes on what is no call to the store: the clock, copies and the breaker', () => {
    const breaker = { state: 'open', lastError: null, onChange: () => undefined } as const;
    const inner = Object.assign(Object.create(echo()) as CompleteStore, { breaker });
    const store = new RecordingStore(inner);
    expect(store.now()).toEqual(['now']);
    expect(store.isCopy(RECORD)).toEqual(['isCopy', RECORD]);
    expect(store.breaker).toBe(breaker);
    expect(store.calls).toEqual([]);
    expect(new DelegatingStore(echo(['isCopy'])).isCopy(RECORD)).toBe(false);
  });

  it('closes the other store, and needs no close() of it', async () => {
    const closed: string[] = [];
    const inner = { close: () => Promise.resolve(void closed.push('inner')) } as unknown as SessionStore;
    await new DelegatingStore(inner).close();
    expect(closed).toEqual(['inner']);
    await expect(new DelegatingStore(echo(['close'])).close()).resolves.toBeUndefined();
  });

  it('records activity by an empty commit, and answers a ping by a read, if the other store has neither', async () => {
    const inner = new RecordingStore(echo());
    const minimal = Object.assign(Object.create(inner) as SessionStore, {
      touch: undefined,
      ping: undefined,
    });
    const store = new DelegatingStore(minimal);
    expect(await store.touch(RECORD)).toEqual(['commit', RECORD, NO_CHANGES]);
    expect(await store.ping()).toBeUndefined();
    expect(inner.calls.map(([operation]) => operation)).toEqual(['commit', 'load']);
  });
});

describe('the capabilities of a store', () => {
  it.each([
    [[], ['field-operations', 'token-rotation', 'bulk-revocation']],
    [['compareAndSet'], ['token-rotation', 'bulk-revocation']],
    [['confirmRotation'], ['field-operations', 'bulk-revocation']],
    [['rotate', 'revokeEveryone'], ['field-operations']],
  ])('a store without %j has the capabilities %j', (without, capabilities) => {
    expect([...capabilitiesOf(echo(without))]).toEqual(capabilities);
    expect([...new DelegatingStore(echo(without)).capabilities]).toEqual(capabilities);
  });

  it('a store may declare its capabilities', () => {
    const capabilities = new Set(['bulk-revocation'] as const);
    const store = Object.assign(Object.create(echo()) as CompleteStore, { capabilities });
    expect(capabilitiesOf(store)).toBe(capabilities);
  });

  it.each<[StoreOperation, string[]]>([
    ['load', []],
    ['revoke', []],
    ['increment', ['field-operations']],
    ['compareAndSet', ['field-operations']],
    ['rotate', ['token-rotation']],
    ['confirmRotation', ['token-rotation']],
    ['revokeEveryone', ['bulk-revocation']],
  ])('%s() belongs to %j', (operation, capabilities) => {
    expect(capabilityFor(operation)).toEqual(capabilities);
  });

  it.each(['touch', 'revoke', 'increment', 'ping', 'close', 'compareAndSet', 'rotate', 'revokeEveryone'])(
    'completes a store without %s(), and returns a complete store as it is',
    (method) => {
      const complete = echo();
      expect(completeStore(complete)).toBe(complete);
      expect(completeStore(echo([method]))).toBeInstanceOf(DelegatingStore);
    },
  );
});

describe('the default of a missing method', () => {
  const ALICE = { id: ID, userId: 'alice', fields: new Map([['visits', '1']]) } as unknown as SessionRecord;

  /** Opens a session of alice in a store with these methods, and notes the options of each read. */
  function stage(methods: Partial<SessionStore>) {
    const reads: unknown[] = [];
    const load: SessionStore['load'] = (_id, options) => {
      reads.push(options);
      return Promise.resolve(ALICE);
    };
    return { store: new DelegatingStore({ load, ...methods } as SessionStore), reads };
  }

  it.each([
    ['any user', null, { id: ID, userId: 'alice' }],
    ['its user', 'alice', { id: ID, userId: 'alice' }],
    ['another user', 'bob', null],
  ])('revoke() ends a session of %s by a read that no cache answers', async (_whose, ownedBy, ended) => {
    const { store, reads } = stage({ destroy: () => Promise.resolve(ALICE) });
    expect(await store.revoke(ID, NOTICE, ownedBy)).toEqual(ended);
    expect(reads).toEqual([{ fresh: true }]);
  });

  it('revoke() reports no session that another caller has ended in the meantime', async () => {
    const { store } = stage({ destroy: () => Promise.resolve(null) });
    expect(await store.revoke(ID, NOTICE, 'alice')).toBeNull();
  });

  it('increment() adds to a value that no cache answers, until no other writer is faster', async () => {
    const expected: unknown[] = [];
    const { store, reads } = stage({
      compareAndSet: (_record, _field, text) => {
        expected.push(text);
        return Promise.resolve(text === '5' ? { status: 'set' } : { status: 'changed', text: '5' });
      },
    });
    expect(await store.increment(ALICE, 'visits', 2)).toEqual({ status: 'incremented', value: 7 });
    expect(expected).toEqual(['1', '5']);
    expect(reads).toEqual([{ fresh: true }]);
  });

  it('increment() reports a session that ends between its read and its write', async () => {
    const { store } = stage({ compareAndSet: () => Promise.resolve({ status: 'gone' }) });
    expect(await store.increment(ALICE, 'visits', 2)).toEqual({ status: 'gone' });
  });

  it('a store with some methods of a capability does not have the capability', async () => {
    const { store } = stage({ rotate: () => Promise.resolve(null) });
    await expect(store.rotate(rotation)).rejects.toThrow('rotate() and confirmRotation()');
  });
});

describe('an unreachable store', () => {
  it('rejects every call with the error of the request, and calls the other store never', async () => {
    const error = new SessionUnavailableError('load a session', 'timeout');
    const inner = new RecordingStore(echo());
    const store = new UnreachableStore(inner, error);
    for (const [method, args] of CALLS) await expect(call(store, method, args)).rejects.toBe(error);
    expect(inner.calls).toEqual([]);
  });
});

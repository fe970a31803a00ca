import { FakeClock } from '../../../../test/support/session-runtime.js';
import type {
  BulkSelection,
  EndedSession,
  EndNotice,
  FieldChanges,
  RegenerateIntent,
  SessionRecord,
  SignInIntent,
  SessionStore,
  SignInOutcome,
  StoreCapability,
  StoreOperation,
} from '../core/store/store.js';
import { capabilityFor } from '../core/store/delegating.store.js';
import { interleavings } from './races/interleavings.js';
import { type SessionId, shardOf } from '../core/record/token.js';
import { MemoryStore, type MemoryStoreSettings } from '../memory/memory.store.js';
import type { StoreHarness } from './store-conformance.harness.js';
import { storeRaces } from './races/store-races.js';
import { type ConformanceCase, sessionStoreConformance } from './store-conformance.js';

const NOTICE_TTL_MS = 60_000;
const MAX_BYTES = 64 * 1024;
const ANONYMOUS_MAX_BYTES = 63 * 1024;
type StoreClass = new (settings: MemoryStoreSettings) => MemoryStore;

/** Brings a session back by a late write, as a store does that is made of get and set. */
class Upserting extends MemoryStore {
  override async commit(record: SessionRecord, changes: FieldChanges): Promise<boolean> {
    if (await super.commit(record, changes)) return true;
    const timeouts = { idleMs: record.idleMs, absoluteMs: 60_000 };
    await super.create({ id: record.id, timeouts, persistent: false, fields: changes.set });
    return true;
  }
}

/** Reads, waits and writes: between the two another sign-in comes through. */
class ReadThenWrite extends MemoryStore {
  override async signIn(intent: SignInIntent): Promise<SignInOutcome> {
    const { max } = intent.limit;
    const before = await this.list(intent.userId);
    await new Promise((resolve) => setImmediate(resolve));
    const limit = { ...intent.limit, max: max === null || before.length < max ? null : max };
    return super.signIn({ ...intent, limit });
  }
}

/** Answers another absolute end than it keeps. */
class Boastful extends MemoryStore {
  override async regenerate(intent: RegenerateIntent): Promise<SessionRecord | null> {
    const record = await super.regenerate(intent);
    return record && { ...record, absoluteEndAt: record.absoluteEndAt + 1 };
  }
}

class Silent extends MemoryStore {
  override destroy(id: SessionId, { reason }: EndNotice): Promise<SessionRecord | null> {
    return super.destroy(id, { reason });
  }
}

class Talkative extends MemoryStore {
  override async list(userId: string): Promise<SessionRecord[]> {
    const listed = await super.list(userId);
    return Promise.all(listed.map(async (record) => (await this.load(record.id)) ?? record));
  }
}

class Pitiless extends MemoryStore {
  override revokeAll(userId: string, notice: EndNotice): Promise<SessionId[]> {
    return super.revokeAll(userId, notice, null);
  }
}

/** Knows of those only who have signed in. */
class Forgetful extends MemoryStore {
  override async revokeEveryone(
    notice: EndNotice,
    { except }: BulkSelection,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void> {
    for (const userId of ['alice', 'bob']) {
      const ended = await this.revokeAll(userId, notice, except);
      onEnded(ended.map((id) => ({ id, userId })));
    }
  }
}

/** Ends later sessions along with earlier ones. */
class Indiscriminate extends MemoryStore {
  override revokeEveryone(
    notice: EndNotice,
    { except }: BulkSelection,
    onEnded: (ended: readonly EndedSession[]) => void,
  ): Promise<void> {
    return super.revokeEveryone(notice, { except, signedInBefore: null }, onEnded);
  }
}

/** Includes the keys of rotations in lists. */
class Careless extends MemoryStore {
  override async list(userId: string): Promise<SessionRecord[]> {
    const listed = await super.list(userId);
    const stored = await Promise.all(listed.map(({ id }) => this.load(id)));
    return stored.filter((record) => record !== null).map((record) => ({ ...record, fields: new Map() }));
  }
}

/** Takes every sign-in for one of its own. */
class Literal extends MemoryStore {
  override signIn(intent: SignInIntent): Promise<SignInOutcome> {
    return super.signIn({ ...intent, source: undefined });
  }
}

/** Ends the named session, whichever user it belongs to. */
class Indifferent extends MemoryStore {
  override revoke(id: SessionId, notice: EndNotice): Promise<EndedSession | null> {
    return super.revoke(id, notice, null);
  }
}

/** Takes what it is given. */
class Boundless extends MemoryStore {
  constructor(settings: MemoryStoreSettings) {
    super({ ...settings, maxBytes: Infinity, anonymousMaxBytes: Infinity });
  }
}

function harnessOf(Store: StoreClass, closed: MemoryStore[] = []): () => Promise<StoreHarness> {
  return () => {
    const clock = new FakeClock();
    const store = new Store({
      noticeTtlMs: NOTICE_TTL_MS,
      clock,
      maxBytes: MAX_BYTES,
      anonymousMaxBytes: ANONYMOUS_MAX_BYTES,
    });
    return Promise.resolve({
      store,
      maxBytes: MAX_BYTES,
      anonymousMaxBytes: ANONYMOUS_MAX_BYTES,
      advance: (ms) => Promise.resolve(clock.advance(ms)),
      countKeys: () => Promise.resolve(store.size),
      close: async () => {
        closed.push(store);
        await store.close();
      },
    });
  };
}

async function failuresOf(Store: StoreClass): Promise<string[]> {
  const failures: string[] = [];
  for (const { name, run } of sessionStoreConformance(harnessOf(Store))) {
    await run().catch(() => failures.push(name));
  }
  return failures;
}

interface Observed extends Pick<ConformanceCase, 'name' | 'crossesShards' | 'needs'> {
  /** Number of shards of the sessions that the case uses. */
  readonly shards: number;
  /** The operations that the case calls. */
  readonly calls: ReadonlySet<string>;
}

/** Runs the cases of a suite on memory stores, and observes their calls. */
async function observe(
  suite: (open: ReturnType<typeof harnessOf>) => readonly ConformanceCase[],
): Promise<Observed[]> {
  const shards = new Set<string>();
  const calls = new Set<string>();
  const open = async () => {
    const harness = await harnessOf(MemoryStore)();
    return { ...harness, store: observed(harness.store, shards, calls) };
  };
  const found: Observed[] = [];
  for (const { name, crossesShards, needs, run } of suite(open)) {
    await run();
    found.push({ name, crossesShards, needs, shards: shards.size, calls: new Set(calls) });
    [shards, calls].forEach((each) => each.clear());
  }
  return found;
}

/** Wraps a store to record its asynchronous calls and the shards of the session ids in their arguments. */
function observed(store: SessionStore, shards: Set<string>, calls: Set<string>): SessionStore {
  return new Proxy(store, {
    get: (target, name: keyof SessionStore) => {
      const member: unknown = target[name];
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member, target, args);
        if (answer instanceof Promise) calls.add(name);
        for (const [, id] of JSON.stringify(args).matchAll(/"([\w-]{25})"/g))
          shards.add(shardOf(id as SessionId));
        // The sessions of everyone lie in all shards.
        if (name === 'revokeEveryone') ['all', 'shards'].forEach((shard) => shards.add(shard));
        return answer;
      };
    },
  });
}

describe('the conformance suite', () => {
  it('passes a correct store', async () => {
    expect(await failuresOf(MemoryStore)).toEqual([]);
  });

  it.each<[string, StoreClass, string]>([
    ['restores ended sessions', Upserting, 'a commit after the end of the session changes nothing'],
    ['restores expired sessions', Upserting, 'no operation restores an expired session'],
    [
      'reads and writes without atomicity',
      ReadThenWrite,
      'parallel sign-ins never leave more sessions than the limit',
    ],
    [
      'returns another end than it stores',
      Boastful,
      'a regenerated session keeps its user, its timeouts and its data under the new id',
    ],
    ['drops the origin of an end', Silent, 'the notice of an end has the reason, the time and the origin'],
    ['lists fields', Talkative, 'the list starts with the latest sign-in and has all facts but no fields'],
    ['ignores the session to spare', Pitiless, 'revoking all other sessions spares the named one'],
    [
      'spares anonymous sessions',
      Forgetful,
      'revoking everyone ends the sessions of all users and all anonymous sessions, and reports each once',
    ],
    [
      'ignores the time of the sign-in',
      Indiscriminate,
      'revoking those who signed in before a time ends the sessions that began earlier, and spares those that began at that time or later',
    ],
    [
      'lists the keys of rotations',
      Careless,
      'neither the list nor a rejected sign-in returns keys of a rotation',
    ],
    [
      'ignores the owner',
      Indifferent,
      'a revocation ends a session by its id, or only if it belongs to the named user',
    ],
    ['signs in twice', Literal, 'a sign-in that is sent twice creates one session, under every limit'],
    ['ignores the size of a sign-in', Boundless, 'a sign-in that would be too large changes nothing'],
    [
      'ignores the size of a commit',
      Boundless,
      'a commit that would make a session too large changes nothing',
    ],
  ])('finds a store that %s', async (_what, Store, name) => {
    expect(await failuresOf(Store)).toContain(name);
  });

  it('closes each store that it opened, whether the case passed or not', async () => {
    const closed: MemoryStore[] = [];
    const cases = sessionStoreConformance(harnessOf(Upserting, closed));
    await Promise.allSettled(cases.map(({ run }) => run()));
    expect(new Set(closed).size).toBe(cases.length);
  });

  it('asks at the end of each case whether all is clean', async () => {
    const open = async () => ({
      ...(await harnessOf(MemoryStore)()),
      assertClean: () => Promise.reject(new Error('something was left behind')),
    });
    const outcomes = await Promise.allSettled(sessionStoreConformance(open).map(({ run }) => run()));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('contains a case that crosses shards for every operation of a store', async () => {
    const crossing = new Set<string>();
    const all = new Set<string>();
    for (const suite of [sessionStoreConformance, storeRaces]) {
      for (const { name, crossesShards, shards, calls } of await observe(suite)) {
        expect({ name, crossesShards }).toEqual({ name, crossesShards: shards > 1 });
        for (const call of calls) {
          all.add(call);
          if (crossesShards) crossing.add(call);
        }
      }
    }
    expect([...all].filter((call) => !crossing.has(call))).toEqual(['ping']);
  });

  it('names for each case the capabilities whose operations it calls', async () => {
    for (const suite of [sessionStoreConformance, storeRaces]) {
      for (const { name, needs, calls } of await observe(suite)) {
        const called = [...calls].flatMap((call) => capabilityFor(call as StoreOperation));
        expect({ name, missing: called.filter((capability) => !needs.includes(capability)) }).toEqual({
          name,
          missing: [],
        });
      }
    }
  });

  it('leaves out the cases of capabilities that a store lacks, and fails if the store has them', async () => {
    const without = ['field-operations', 'token-rotation', 'bulk-revocation'] as const;
    const options = { without };
    const open = harnessOf(MemoryStore);
    const lacking = async () => {
      const harness = await open();
      const store = Object.create(harness.store, {
        capabilities: { value: new Set<StoreCapability>() },
        ...Object.fromEntries(
          ['compareAndSet', 'increment', 'rotate', 'confirmRotation', 'revokeEveryone'].map((name) => [
            name,
            { value: undefined },
          ]),
        ),
      }) as SessionStore;
      return { ...harness, store };
    };
    const suites = (from: typeof open) => [
      ...sessionStoreConformance(from, options),
      ...storeRaces(from, options),
      interleavings(from, { rounds: 20, ...options }),
    ];
    const cases = suites(lacking);
    expect(cases.length).toBeGreaterThan(150);
    for (const { run } of cases) await run();
    const failures: string[] = [];
    for (const { name, run } of sessionStoreConformance(open, options)) {
      await run().catch(() => failures.push(name));
    }
    expect(failures).toEqual(without.map((name) => `the store lacks the capability ${name}`));
  });

  it('gives each case a distinct name', () => {
    const names = sessionStoreConformance(harnessOf(MemoryStore)).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(100);
    expect(new Set(names).size).toBe(names.length);
  });
});

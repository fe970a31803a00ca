import assert from 'node:assert/strict';
import type { Timeouts } from '../core/record/expiry.js';
import { idleWindowMs } from '../core/record/expiry.js';
import { completeStore } from '../core/store/delegating.store.js';
import type {
  CompleteStore,
  EndNotice,
  FieldChanges,
  SessionRecord,
  SignInIntent,
  SignInOutcome,
  StoreCapability,
} from '../core/store/store.js';
import type { SessionId, Shard } from '../core/record/token.js';
import { mintToken, randomShard, sessionIdOf, shardOf, shardOfUser } from '../core/record/token.js';
import type { StoreHarness } from './store-conformance.harness.js';

/** A case before it has a store. */
export interface Scenario {
  readonly name: string;
  /** See `ConformanceCase`. */
  readonly crossesShards: boolean;
  /** The capabilities of a store that the case calls. */
  readonly needs: readonly StoreCapability[];
  readonly play: (stage: Stage) => Promise<void>;
}

/** Names a requirement on a store and shows it with sessions of one shard. */
export function scenario(name: string, play: Scenario['play']): Scenario {
  return { name, crossesShards: false, needs: [], play };
}

/** Names a requirement on a store and shows it with sessions of several shards. */
export function acrossShards(name: string, play: Scenario['play']): Scenario {
  return { name, crossesShards: true, needs: [], play };
}

/** The options of a suite. */
export interface SuiteOptions {
  /**
   * The capabilities that the store lacks. The suite leaves out the cases that call them.
   *
   * @defaultValue none
   */
  readonly without?: readonly StoreCapability[];
}

/** Returns the cases that a store can run which lacks some capabilities. */
export function offeredBy<Case extends { readonly needs: readonly StoreCapability[] }>(
  cases: readonly Case[],
  without: readonly StoreCapability[],
): Case[] {
  return cases.filter(({ needs }) => !needs.some((capability) => without.includes(capability)));
}

/** Marks a case that calls capabilities that a store may lack. */
export function needing<Case extends { readonly needs: readonly StoreCapability[] }>(
  capabilities: StoreCapability | readonly StoreCapability[],
  marked: Case,
): Case {
  return { ...marked, needs: [capabilities].flat() };
}

/** Long enough that nothing ends during a case. */
export const LONG: Timeouts = { idleMs: 10 * 60_000, absoluteMs: 60 * 60_000 };

/** No limit on a user's sessions. */
export const UNLIMITED: SignInIntent['limit'] = { max: null, onExceed: 'evict-oldest' };

/** Two moments that a store's clock can tell apart. */
const MOMENT_MS = 5;

/** Tolerance between two readings of one clock in a test, for loaded machines. */
const CLOCK_TOLERANCE_MS = 5_000;

type SessionStart = Partial<Pick<SessionRecord, 'fields' | 'persistent'>> & {
  readonly timeouts?: Timeouts;
  readonly shard?: Shard;
};

/** A store with the verbs that cases are written in. */
export class Stage {
  readonly store: CompleteStore;

  constructor(private readonly harness: StoreHarness) {
    this.store = completeStore(harness.store);
  }

  get noticeTtlMs(): number | null {
    return this.harness.noticeTtlMs ?? null;
  }

  get maxBytes(): number | null {
    return this.harness.maxBytes ?? null;
  }

  get anonymousMaxBytes(): number | null {
    return this.harness.anonymousMaxBytes ?? null;
  }

  advance(ms: number): Promise<void> {
    return this.harness.advance(ms);
  }

  /** Lets just so much time pass that what follows is later. */
  tick(): Promise<void> {
    return this.harness.advance(MOMENT_MS);
  }

  /** Lets a session that is left alone reach its idle end. */
  outlast({ idleMs }: SessionRecord): Promise<void> {
    return this.harness.advance(idleWindowMs(idleMs) + 20);
  }

  /** Creates an anonymous session. */
  async anonymous(start: SessionStart = {}): Promise<SessionRecord> {
    const { shard = randomShard(), timeouts = LONG, persistent = false, fields = new Map() } = start;
    return this.store.create({ id: freshId(shard), timeouts, persistent, fields });
  }

  attempt(userId: string, details: Partial<SignInIntent> = {}): Promise<SignInOutcome> {
    return this.store.signIn({ ...plainSignIn(userId), ...details });
  }

  /** Signs a user in, successfully, and returns the session. */
  async signIn(userId: string, details: Partial<SignInIntent> = {}): Promise<SessionRecord> {
    const outcome = await this.attempt(userId, details);
    assert.equal(outcome.status, 'signed-in');
    return outcome.record;
  }

  /** Sessions of a user who signs in several times, the first sign-in first. */
  async signInTimes(
    count: number,
    userId: string,
    details: Partial<SignInIntent> = {},
  ): Promise<SessionRecord[]> {
    const records: SessionRecord[] = [];
    for (let time = 0; time < count; time++) {
      records.push(await this.signIn(userId, details));
      await this.tick();
    }
    return records;
  }

  async end(record: SessionRecord, notice: EndNotice = { reason: 'revoked' }): Promise<void> {
    assert.notEqual(await this.store.destroy(record.id, notice), null);
  }

  /** Returns a live session as it is stored. */
  async stored({ id }: { readonly id: SessionId }): Promise<SessionRecord> {
    const record = await this.store.load(id);
    assert.ok(record, `session ${id} should live`);
    return record;
  }

  async assertLive(...records: readonly SessionRecord[]): Promise<void> {
    for (const record of records) await this.stored(record);
  }

  async assertGone(...ids: readonly SessionId[]): Promise<void> {
    for (const id of ids) assert.equal(await this.store.load(id), null, `session ${id} should have ended`);
  }

  /** Asserts that a user's sessions are exactly these, in any order. */
  async assertSessionsOf(userId: string, expected: readonly { readonly id: SessionId }[]): Promise<void> {
    const listed = (await this.store.list(userId)).map(({ id }) => id);
    assert.deepEqual(listed.sort(), expected.map(({ id }) => id).sort());
  }

  /** Asserts that a session's end is reported with this reason and cause, at about this time. */
  async assertEnd(id: SessionId, { reason, by }: EndNotice): Promise<void> {
    const end = await this.store.endOf(id);
    assert.ok(end, `the end of session ${id} should be known`);
    assert.equal(end.reason, reason);
    assert.deepEqual(end.by && { device: end.by.device, address: end.by.address }, by);
    if (end.at !== null) this.assertNow(end.at);
  }

  assertNow(time: number): void {
    const distance = Math.abs(time - this.store.now());
    assert.ok(distance <= CLOCK_TOLERANCE_MS, `${time} is ${distance} ms from the store's clock`);
  }

  /** Runs what should leave no record behind. */
  async leavingNothing(operation: () => Promise<void>): Promise<void> {
    const before = await this.harness.countKeys?.();
    await operation();
    assert.equal(await this.harness.countKeys?.(), before, 'records were left behind');
  }
}

/** Returns an unused id. */
export function freshId(shard: Shard = randomShard()): SessionId {
  return sessionIdOf(mintToken(shard));
}

/** Returns an unused id in the shard of a session. */
export function freshIdBeside({ id }: { readonly id: SessionId }): SessionId {
  return freshId(shardOf(id));
}

/** Returns a plain sign-in, in the shard of its user. */
export function plainSignIn(userId: string): SignInIntent {
  return {
    id: freshId(shardOfUser(userId)),
    userId,
    timeouts: LONG,
    persistent: false,
    limit: UNLIMITED,
    replaces: null,
    createdAt: null,
    changes: changes({}),
    device: null,
    address: null,
  };
}

/** Changes that set some fields and remove others. */
export function changes(set: Readonly<Record<string, string>>, remove: readonly string[] = []): FieldChanges {
  return { set: fields(set), remove };
}

export function fields(texts: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(texts));
}

/** Asserts that a session's fields are exactly these, in any order. */
export function assertFields(record: SessionRecord, expected: ReadonlyMap<string, string>): void {
  assert.deepEqual(new Map(record.fields), new Map(expected));
}

/** Returns the properties of a record other than its fields, as a plain object. */
export function factsOf(record: SessionRecord): Omit<SessionRecord, 'fields'> {
  const { id, createdAt, lastActiveAt, idleMs, absoluteEndAt } = record;
  const { userId, signedInAt, device, address, persistent, rotation } = record;
  return {
    id,
    createdAt,
    lastActiveAt,
    idleMs,
    absoluteEndAt,
    userId,
    signedInAt,
    device,
    address,
    persistent,
    rotation,
  };
}

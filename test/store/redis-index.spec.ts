import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisStore } from 'nestjs-redis-session';
import type { SessionId, SessionRecord } from 'nestjs-redis-session';
import { handleOf, rotationKeys, shardOf, shardOfUser } from 'nestjs-redis-session/core';
import { freshId, freshIdBeside, LONG_TIMEOUTS, plainSignIn } from 'nestjs-redis-session/testing';
import { RedisKeys } from '../support/white-box.js';
import { deleteKeys, findKeys } from './redis-keyspace.js';
import { expiryOf } from '../support/expiry.js';

const prefix = `test-${randomBytes(6).toString('hex')}:`;
const keys = new RedisKeys(prefix);
const index = keys.index(shardOfUser('alice'), 'alice');
const NO_NOTICE = { reason: 'revoked' } as const;

let client: Redis;
let store: RedisStore;

beforeAll(() => {
  client = new Redis(process.env['TEST_REDIS_URL'] as string);
  store = new RedisStore(client, { prefix, deadlineMs: 5_000, noticeTtlMs: 60_000 });
});

afterEach(() => deleteKeys(client, prefix));
afterAll(() => client.quit());

async function aliceSignsIn(details: Partial<ReturnType<typeof plainSignIn>> = {}): Promise<SessionRecord> {
  const outcome = await store.signIn({ ...plainSignIn('alice'), ...details });
  if (outcome.status !== 'signed-in') throw new Error('alice could not sign in');
  return outcome.record;
}

/** Returns two sessions of alice, one of which is lost without a script: evicted by Redis or deleted by hand. */
async function oneLost(): Promise<{ kept: SessionRecord; lost: SessionRecord }> {
  const [kept, lost] = [await aliceSignsIn(), await aliceSignsIn()];
  await client.del(keys.session(lost.id));
  expect(await handles()).toHaveLength(2);
  return { kept, lost };
}

/** Returns the handles in the index, and checks that each has its mark. */
async function handles(): Promise<string[]> {
  const members = await client.zrange(index, '0', '-1');
  const found = members.filter((member) => !member.startsWith('@'));
  expect(members.filter((member) => member.startsWith('@')).sort()).toEqual(
    found.map((handle) => `@${handle}`).sort(),
  );
  return found;
}

describe('an index that names a lost session', () => {
  it("listing a user's sessions removes index entries without a session", async () => {
    const { kept } = await oneLost();
    expect((await store.list('alice')).map(({ id }) => id)).toEqual([kept.id]);
    expect(await handles()).toEqual([handleOf(kept.id)]);
  });

  it('a sign-in removes a lost session from the index, and the limit ignores that session', async () => {
    const { kept } = await oneLost();
    const added = await aliceSignsIn({ limit: { max: 2, onExceed: 'reject' } });
    expect((await handles()).sort()).toEqual([handleOf(kept.id), handleOf(added.id)].sort());
  });

  it('a revocation of all sessions omits a lost session from its result', async () => {
    const { kept, lost } = await oneLost();
    expect(await store.revokeAll('alice', NO_NOTICE, null)).toEqual([kept.id]);
    expect(await store.endOf(lost.id)).toBeNull();
    expect(await client.exists(index)).toBe(0);
  });

  it("listing a user's sessions removes expired index entries", async () => {
    const { id } = await aliceSignsIn();
    await client.zadd(index, String(Date.now() - 1), 'passed', '-1', '@passed');
    await store.list('alice');
    expect(await handles()).toEqual([handleOf(id)]);
  });
});

describe('a session that its index does not name, because Redis has evicted the index', () => {
  const CHANGES = { set: new Map([['late', '1']]), remove: [] };
  const GONE = { status: 'gone' };

  it.each<[string, unknown, (record: SessionRecord) => Promise<unknown>]>([
    ['a touch', false, (record) => store.touch(record)],
    ['a commit', false, (record) => store.commit(record, CHANGES)],
    ['an increment', GONE, (record) => store.increment(record, 'visits', 1)],
    ['a conditional write', GONE, (record) => store.compareAndSet(record, 'late', null, '[]')],
    [
      'a rotation',
      null,
      (record) => store.rotate({ record, from: handleOf(record.id), to: 'second', keys: rotationKeys() }),
    ],
    ['a regeneration', null, (from) => store.regenerate({ from, to: freshIdBeside(from), keepData: true })],
  ])('%s ends a session that its index lost, and leaves only its notice', async (_what, answer, act) => {
    const record = await aliceSignsIn();
    await client.del(index);
    expect(await act(record)).toEqual(answer);
    expect(await store.load(record.id)).toBeNull();
    expect(await store.endOf(record.id)).toMatchObject({ reason: 'revoked' });
    expect(await findKeys(client, prefix)).toEqual([keys.gone(record.id)]);
  });

  it('a sign-in takes over no data from a session that its index lost', async () => {
    const before = await aliceSignsIn({ changes: { set: new Map([['cart', '[1]']]), remove: [] } });
    await client.del(index);
    const { id } = await aliceSignsIn({ replaces: { id: before.id, keepData: true } });
    expect((await store.load(id))?.fields.size).toBe(0);
    expect(await store.load(before.id)).toBeNull();
    expect(await store.endOf(before.id)).toMatchObject({ reason: 'replaced' });
  });

  it.each(['evict-oldest', 'evict-idlest', 'reject'] as const)(
    'a session that its index lost ends at its next use (%s), so the limit holds',
    async (onExceed) => {
      const hidden = await aliceSignsIn({ limit: { max: 1, onExceed } });
      await client.del(index);
      const added = await aliceSignsIn({ limit: { max: 1, onExceed } });
      expect(await store.touch(hidden)).toBe(false);
      expect(await handles()).toEqual([handleOf(added.id)]);
    },
  );

  it('a session that its index lost is neither written nor kept alive after a revocation', async () => {
    const [hidden, named] = [await aliceSignsIn(), await aliceSignsIn()];
    await client.zrem(index, handleOf(hidden.id), `@${handleOf(hidden.id)}`);
    expect(await store.revokeAll('alice', NO_NOTICE, null)).toEqual([named.id]);
    expect(await store.touch(hidden)).toBe(false);
    expect(await store.load(hidden.id)).toBeNull();
  });

  it('an anonymous session that its index lost is left untouched', async () => {
    const anonymous = await store.create({
      id: freshId(),
      timeouts: LONG_TIMEOUTS,
      persistent: false,
      fields: new Map(),
    });
    expect(await store.touch(anonymous)).toBe(true);
    expect(await store.load(anonymous.id)).not.toBeNull();
  });
});

describe('the index of a user', () => {
  it('an index lives as long as its longest session', async () => {
    const long = await aliceSignsIn();
    await aliceSignsIn({ timeouts: { idleMs: 1_000, absoluteMs: 1_000 } });
    expect(await expiryOf(client, index)).toBe(await expiryOf(client, keys.session(long.id)));
  });

  it('an index is deleted with the last of its sessions', async () => {
    const [one, other] = [await aliceSignsIn(), await aliceSignsIn()];
    await store.destroy(one.id, NO_NOTICE);
    expect(await client.exists(index)).toBe(1);
    await store.destroy(other.id, NO_NOTICE);
    expect(await client.exists(index)).toBe(0);
  });

  it('an index expires with the spared session once all other sessions are revoked', async () => {
    const short = { idleMs: 60_000, absoluteMs: 60_000 };
    const [spared] = [await aliceSignsIn({ timeouts: short }), await aliceSignsIn()];
    await store.revokeAll('alice', NO_NOTICE, spared.id);
    expect(await expiryOf(client, index)).toBe(await expiryOf(client, keys.session(spared.id)));
  });

  it('the anonymous index keeps a regenerated session until its absolute end, whatever its activity', async () => {
    const from = await store.create({
      id: freshId(),
      timeouts: LONG_TIMEOUTS,
      persistent: false,
      fields: new Map(),
    });
    const next = await store.regenerate({ from, to: freshIdBeside(from), keepData: true });
    const anonymousIndex = keys.index(shardOf(from.id), null);
    expect(next?.absoluteEndAt).toBe(from.absoluteEndAt);
    expect(await client.zscore(anonymousIndex, handleOf(next?.id as SessionId))).toBe(
      String(from.absoluteEndAt),
    );
    expect(await expiryOf(client, anonymousIndex)).toBe(from.absoluteEndAt);
  });

  it.each(['evict-oldest', 'evict-idlest', 'reject'] as const)(
    'hundreds of expired index entries let no sign-in exceed a lowered limit (%s)',
    async (onExceed) => {
      for (let number = 0; number < 3; number++) await aliceSignsIn();
      for (let number = 0; number < 350; number++) {
        await client.zadd(index, String(Date.now() - 1_000), `passed${number}`, '-1', `@passed${number}`);
      }
      const { status } = await store.signIn({ ...plainSignIn('alice'), limit: { max: 1, onExceed } });
      expect(status).toBe(onExceed === 'reject' ? 'rejected' : 'signed-in');
      expect(await store.list('alice')).toHaveLength(onExceed === 'reject' ? 3 : 1);
    },
  );

  it('a sign-in removes at most a hundred expired index entries', async () => {
    for (let number = 0; number < 250; number++) {
      await client.zadd(index, String(Date.now() - 1_000), `passed${number}`, '-1', `@passed${number}`);
    }
    for (const [signIns, left] of [150, 50, 0].entries()) {
      await aliceSignsIn();
      expect(await handles()).toHaveLength(left + signIns + 1);
    }
  });
});

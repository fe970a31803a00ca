import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisStore } from 'nestjs-redis-session';
import type { SessionRecord } from 'nestjs-redis-session';
import { handleOf, shardOfUser } from '../../libs/session/src/core/token.js';
import { RedisKeys } from '../../libs/session/src/redis/keys.js';
import { plainSignIn } from '../../libs/session/src/testing/store-conformance.stage.js';
import { deleteKeys } from './redis-keyspace.js';

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

/** Two sessions of alice, of which one has gone in a way that no script saw: an eviction by Redis, a DEL by hand. */
async function oneGone(): Promise<{ kept: SessionRecord; gone: SessionRecord }> {
  const [kept, gone] = [await aliceSignsIn(), await aliceSignsIn()];
  await client.del(keys.session(gone.id));
  expect(await client.zcard(index)).toBe(2);
  return { kept, gone };
}

function handles(): Promise<string[]> {
  return client.zrange(index, '0', '-1');
}

describe('an index that names a session which is gone', () => {
  it('is put right by a look at the list', async () => {
    const { kept } = await oneGone();
    expect((await store.list('alice')).map(({ id }) => id)).toEqual([kept.id]);
    expect(await handles()).toEqual([handleOf(kept.id)]);
  });

  it('does not count it, and is put right by a sign-in', async () => {
    const { kept } = await oneGone();
    const added = await aliceSignsIn({ limit: { max: 2, onExceed: 'reject' } });
    expect((await handles()).sort()).toEqual([handleOf(kept.id), handleOf(added.id)].sort());
  });

  it('does not answer it among those that were revoked', async () => {
    const { kept, gone } = await oneGone();
    expect(await store.revokeAll('alice', NO_NOTICE, null)).toEqual([kept.id]);
    expect(await store.endOf(gone.id)).toBeNull();
    expect(await client.exists(index)).toBe(0);
  });

  it('drops those whose time has passed', async () => {
    const { id } = await aliceSignsIn();
    await client.zadd(index, String(Date.now() - 1), 'passed');
    await store.list('alice');
    expect(await handles()).toEqual([handleOf(id)]);
  });
});

describe('an index that was lost', () => {
  it.each<[string, (record: SessionRecord) => Promise<unknown>]>([
    ['a touch', (record) => store.touch(record)],
    ['a commit', (record) => store.commit(record, { set: new Map([['cart', '[]']]), remove: [] })],
    ['an addition to a number', (record) => store.increment(record, 'visits', 1)],
    ['a write on a condition', (record) => store.compareAndSet(record, 'cart', null, '[]')],
  ])('comes back with %s', async (_what, act) => {
    const record = await aliceSignsIn();
    await client.del(index);
    await act(record);
    expect(await handles()).toEqual([handleOf(record.id)]);
    expect(await client.pexpiretime(index)).toBe(await client.pexpiretime(keys.session(record.id)));
  });
});

describe('an index', () => {
  it('lives as long as the longest of its sessions', async () => {
    const long = await aliceSignsIn();
    await aliceSignsIn({ timeouts: { idleMs: 1_000, absoluteMs: 1_000 } });
    expect(await client.pexpiretime(index)).toBe(await client.pexpiretime(keys.session(long.id)));
  });

  it('is gone with the last of its sessions', async () => {
    const [one, other] = [await aliceSignsIn(), await aliceSignsIn()];
    await store.destroy(one.id, NO_NOTICE);
    expect(await client.exists(index)).toBe(1);
    await store.destroy(other.id, NO_NOTICE);
    expect(await client.exists(index)).toBe(0);
  });
});

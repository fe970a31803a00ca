import assert from 'node:assert/strict';
import type { SessionRecord } from '../core/store/store.js';
import { handleOf, rotationKeys, shardOfUser } from '../core/record/token.js';
import type { Scenario } from './store-conformance.stage.js';
import {
  acrossShards,
  changes,
  factsOf,
  freshIdBeside,
  needing,
  scenario,
} from './store-conformance.stage.js';

const ELSEWHERE = { device: 'Edge on Windows', address: '203.0.113.9' };

/** More than a store should go over in one step. */
const MANY = 270;

/** Ids that are no two of them the same user, though some look alike or contain what a store may use itself. */
const ODD_USERS: readonly string[] = [
  '0',
  ' ',
  'a:b',
  'u:a',
  ':',
  '{a}',
  '{',
  '*',
  'a?[b]',
  '__proto__',
  '"\\"',
  'line\nbreak',
  'nul\0',
  'Alice',
  'alice',
  'alice ',
  'é',
  'e\u0301',
  'пользователь',
  '使用者',
  '😀',
  'x'.repeat(256),
  'x'.repeat(255),
];

/** Cases about lists and revocations of a user's sessions. */
export const userScenarios: readonly Scenario[] = [
  scenario('the list starts with the latest sign-in and has all facts but no fields', async (stage) => {
    const details = { device: 'Firefox on Linux', address: '::1', persistent: true };
    const sessions = await stage.signInTimes(4, 'alice', { ...details, changes: changes({ cart: '[1]' }) });
    await stage.store.touch(sessions[1] as SessionRecord);
    const listed = await stage.store.list('alice');
    assert.deepEqual(
      listed.map(({ id }) => id),
      sessions.map(({ id }) => id).reverse(),
    );
    for (const record of listed) {
      assert.equal(record.fields.size, 0);
      assert.deepEqual(factsOf(record), factsOf(await stage.stored(record)));
    }
  }),

  needing(
    'token-rotation',
    scenario('neither the list nor a rejected sign-in returns keys of a rotation', async (stage) => {
      const record = await stage.signIn('alice');
      const keys = rotationKeys();
      assert.ok(await stage.store.rotate({ record, from: handleOf(record.id), to: 'second', keys }));
      assert.notEqual((await stage.stored(record)).rotation, null);
      const outcome = await stage.attempt('alice', { limit: { max: 1, onExceed: 'reject' } });
      assert.ok(outcome.status === 'rejected');
      for (const listed of [await stage.store.list('alice'), outcome.live]) {
        assert.deepEqual(
          listed.map(({ id, rotation }) => ({ id, rotation })),
          [{ id: record.id, rotation: null }],
        );
      }
    }),
  ),

  scenario('a list returns hundreds of sessions, and a revocation ends all but one', async (stage) => {
    const sessions = await Promise.all(Array.from({ length: MANY }, () => stage.signIn('alice')));
    await stage.assertSessionsOf('alice', sessions);
    const times = (await stage.store.list('alice')).map(({ signedInAt }) => signedInAt ?? 0);
    assert.deepEqual(
      times,
      [...times].sort((one, other) => other - one),
    );
    const [kept, ...others] = sessions as [SessionRecord, ...SessionRecord[]];
    const ended = await stage.store.revokeAll('alice', { reason: 'revoked' }, kept.id);
    assert.deepEqual(ended.sort(), others.map(({ id }) => id).sort());
    await stage.assertGone(...ended);
    await stage.assertSessionsOf('alice', [kept]);
  }),

  scenario('a user without sessions has an empty list', async ({ store }) => {
    assert.deepEqual(await store.list('nobody'), []);
    assert.deepEqual(await store.revokeAll('nobody', { reason: 'revoked' }, null), []);
  }),

  scenario('the list omits sessions that have ended, have expired or are anonymous', async (stage) => {
    await stage.anonymous({ shard: shardOfUser('alice') });
    const [kept, ended] = await stage.signInTimes(2, 'alice');
    const expired = await stage.signIn('alice', { timeouts: { idleMs: 100, absoluteMs: 60_000 } });
    assert.ok(kept && ended);
    await stage.end(ended);
    await stage.outlast(expired);
    await stage.assertSessionsOf('alice', [kept]);
  }),

  scenario(
    "revoking all of a user's sessions ends them all, returns them, and keeps the reason",
    async (stage) => {
      const sessions = await stage.signInTimes(3, 'alice');
      const guest = await stage.anonymous({ shard: shardOfUser('alice') });
      const ended = await stage.store.revokeAll('alice', { reason: 'revoked', by: ELSEWHERE }, null);
      assert.deepEqual(ended.sort(), sessions.map(({ id }) => id).sort());
      for (const { id } of sessions) {
        await stage.assertGone(id);
        await stage.assertEnd(id, { reason: 'revoked', by: ELSEWHERE });
      }
      await stage.assertSessionsOf('alice', []);
      await stage.assertLive(guest);
      assert.deepEqual(await stage.store.revokeAll('alice', { reason: 'revoked' }, null), []);
    },
  ),

  scenario('revoking all other sessions spares the named one', async (stage) => {
    const [kept, ...others] = await stage.signInTimes(3, 'alice');
    assert.ok(kept);
    const ended = await stage.store.revokeAll('alice', { reason: 'revoked' }, kept.id);
    assert.deepEqual(ended.sort(), others.map(({ id }) => id).sort());
    await stage.assertSessionsOf('alice', [kept]);
    await stage.assertLive(kept);
    assert.equal(await stage.store.endOf(kept.id), null);
    assert.ok(await stage.store.touch(kept));
    await stage.assertLive(kept);
  }),

  scenario('a user who signs in right after a revocation stays signed in', async (stage) => {
    for (let round = 0; round < 10; round++) {
      const before = await stage.signIn('alice');
      const [, after] = [
        await stage.store.revokeAll('alice', { reason: 'revoked' }, null),
        await stage.signIn('alice'),
      ];
      await stage.assertGone(before.id);
      assert.ok(await stage.store.touch(after));
      await stage.assertSessionsOf('alice', [after]);
      await stage.end(after);
    }
  }),

  acrossShards(
    'a revocation ends a session by its id, or only if it belongs to the named user',
    async (stage) => {
      const notice = { reason: 'revoked', by: ELSEWHERE } as const;
      const { store } = stage;
      const [hers, his, nobodys] = [
        await stage.signIn('alice'),
        await stage.signIn('bob'),
        await stage.anonymous({ shard: shardOfUser('alice') }),
      ];
      for (const owner of ['bob', '', 'Alice'])
        assert.equal(await store.revoke(hers.id, notice, owner), null);
      for (const owner of ['alice', '']) assert.equal(await store.revoke(nobodys.id, notice, owner), null);
      await stage.assertLive(hers, his, nobodys);
      assert.equal(await store.endOf(hers.id), null);
      assert.deepEqual(await store.revoke(hers.id, notice, 'alice'), { id: hers.id, userId: 'alice' });
      assert.deepEqual(await store.revoke(his.id, notice, null), { id: his.id, userId: 'bob' });
      assert.deepEqual(await store.revoke(nobodys.id, notice, null), { id: nobodys.id, userId: null });
      for (const { id } of [hers, his, nobodys]) {
        await stage.assertGone(id);
        await stage.assertEnd(id, notice);
      }
      for (const user of ['alice', 'bob']) await stage.assertSessionsOf(user, []);
    },
  ),

  scenario('revoking an unknown session leaves no notice', async (stage) => {
    const { id } = await stage.anonymous();
    const never = freshIdBeside({ id });
    await stage.leavingNothing(async () => {
      for (const owner of ['alice', null])
        assert.equal(await stage.store.revoke(never, { reason: 'revoked' }, owner), null);
    });
    assert.equal(await stage.store.endOf(never), null);
  }),

  acrossShards("sparing a session that is not the user's spares none", async (stage) => {
    const [bystander, never] = [await stage.signIn('bob'), freshIdBeside(await stage.signIn('alice'))];
    for (const except of [bystander.id, never]) {
      const own = await stage.signInTimes(2, 'alice');
      const ended = await stage.store.revokeAll('alice', { reason: 'revoked' }, except);
      assert.ok(own.every(({ id }) => ended.includes(id)));
      await stage.assertSessionsOf('alice', []);
    }
    await stage.assertSessionsOf('bob', [bystander]);
  }),

  acrossShards('users with any ids have separate sessions', async (stage) => {
    const sessions = new Map<string, SessionRecord>();
    for (const userId of ODD_USERS) sessions.set(userId, await stage.signIn(userId));
    for (const [userId, session] of sessions) {
      assert.equal((await stage.stored(session)).userId, userId);
      await stage.assertSessionsOf(userId, [session]);
    }
    for (const [userId, session] of sessions) {
      assert.deepEqual(await stage.store.revokeAll(userId, { reason: 'revoked' }, null), [session.id]);
    }
  }),

  acrossShards('a session that ends leaves the list of a user with any id', async (stage) => {
    for (const userId of ODD_USERS) {
      await stage.end(await stage.signIn(userId));
      await stage.assertSessionsOf(userId, []);
    }
  }),

  scenario('two users who share a shard do not see, evict or revoke each other', async (stage) => {
    const [one, other] = usersOfOneShard();
    const hers = await stage.signIn(one);
    const limit = { max: 1, onExceed: 'reject' } as const;
    const his = await stage.signIn(other, { limit });
    await stage.assertSessionsOf(one, [hers]);
    await stage.assertSessionsOf(other, [his]);
    const next = await stage.signIn(other, { limit: { max: 1, onExceed: 'evict-oldest' } });
    await stage.assertGone(his.id);
    await stage.assertLive(hers);
    assert.deepEqual(await stage.store.revokeAll(other, { reason: 'revoked' }, hers.id), [next.id]);
    await stage.assertSessionsOf(one, [hers]);
  }),
];

/** Finds two users whose sessions are in one shard, by trying, which the birthday paradox makes quick. */
function usersOfOneShard(): [string, string] {
  const seen = new Map<string, string>();
  for (let number = 0; ; number++) {
    const user = `user${number}`;
    const shard = shardOfUser(user);
    const other = seen.get(shard);
    if (other !== undefined) return [other, user];
    seen.set(shard, user);
  }
}

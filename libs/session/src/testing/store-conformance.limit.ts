import assert from 'node:assert/strict';
import type { OnExceed, SessionRecord, SignInIntent } from '../core/store/store.js';
import { shardOfUser } from '../core/record/token.js';
import type { Scenario, Stage } from './store-conformance.stage.js';
import {
  factsOf,
  fields,
  freshIdBeside,
  plainSignIn,
  scenario,
  acrossShards,
} from './store-conformance.stage.js';

/** More than a store should go over in one step. */
const MANY = 230;

const HERE = { device: 'Chrome on Android', address: '198.51.100.7' };

/** The limit on the sessions of one user. */
export const limitScenarios: readonly Scenario[] = [
  scenario('without a limit a user may have any number of sessions', async (stage) => {
    const sessions = await stage.signInTimes(12, 'alice');
    await stage.assertSessionsOf('alice', sessions);
  }),

  acrossShards('a sign-in within the limit evicts no session', async (stage) => {
    for (const onExceed of ['evict-oldest', 'evict-idlest', 'reject'] as const) {
      const sessions = await stage.signInTimes(2, onExceed, { limit: { max: 2, onExceed } });
      await stage.assertSessionsOf(onExceed, sessions);
    }
  }),

  scenario('evict-oldest ends the session that signed in first, however busy it is', async (stage) => {
    const [first, second] = await stage.signInTimes(2, 'alice');
    assert.ok(first && second);
    await stage.store.touch(first);
    const { record, evicted } = await signInBeyond(stage, { max: 2, onExceed: 'evict-oldest' });
    assert.deepEqual(evicted, [first.id]);
    await stage.assertGone(first.id);
    await stage.assertSessionsOf('alice', [second, record]);
  }),

  scenario(
    'evict-oldest compares the times of the sign-ins, not the ages that sessions carry over',
    async (stage) => {
      const first = await stage.signIn('alice');
      await stage.tick();
      const second = await stage.signIn('alice', { createdAt: first.createdAt - 60_000 });
      await stage.tick();
      const { evicted } = await signInBeyond(stage, { max: 2, onExceed: 'evict-oldest' });
      assert.deepEqual(evicted, [first.id]);
      await stage.assertLive(second);
    },
  ),

  scenario('evict-idlest ends the session that was idle longest, even if it is the newest', async (stage) => {
    const [first, second] = await stage.signInTimes(2, 'alice');
    assert.ok(first && second);
    await stage.store.touch(first);
    const { record, evicted } = await signInBeyond(stage, { max: 2, onExceed: 'evict-idlest' });
    assert.deepEqual(evicted, [second.id]);
    await stage.assertGone(second.id);
    await stage.assertSessionsOf('alice', [first, record]);
  }),

  scenario('an evicted session leaves a notice with the origin of the sign-in', async (stage) => {
    const victim = await stage.signIn('alice', { device: 'The old one', address: '192.0.2.1' });
    await signInBeyond(stage, { max: 1, onExceed: 'evict-oldest' });
    await stage.assertEnd(victim.id, { reason: 'evicted', by: HERE });
    assert.equal(await stage.store.commit(victim, { set: fields({ late: '1' }), remove: [] }), false);
    await stage.assertGone(victim.id);
  }),

  scenario('a sign-in under a lowered limit evicts all excess sessions', async (stage) => {
    const sessions = await stage.signInTimes(5, 'alice');
    const { record, evicted } = await signInBeyond(stage, { max: 2, onExceed: 'evict-oldest' });
    assert.deepEqual([...evicted], idsOf(sessions.slice(0, 4)));
    await stage.assertSessionsOf('alice', [...sessions.slice(4), record]);
  }),

  scenario('a sign-in under a far lower limit evicts hundreds of excess sessions', async (stage) => {
    for (const onExceed of ['evict-oldest', 'evict-idlest'] as const) {
      const sessions = await Promise.all(Array.from({ length: MANY }, () => stage.signIn('alice')));
      await stage.tick();
      const last = await stage.signIn('alice');
      await stage.tick();
      const { record, evicted } = await signInBeyond(stage, { max: 2, onExceed });
      assert.deepEqual([...evicted].sort(), idsOf(sessions).sort());
      await stage.assertSessionsOf('alice', [last, record]);
      await stage.store.revokeAll('alice', { reason: 'revoked' }, null);
    }
  }),

  scenario('reject fails a sign-in beyond the limit and changes nothing', async (stage) => {
    const sessions = await stage.signInTimes(2, 'alice', { device: 'Firefox on Linux', address: '::1' });
    const before = await stage.store.list('alice');
    await stage.leavingNothing(async () => {
      const intent = { ...plainSignIn('alice'), limit: { max: 2, onExceed: 'reject' as const } };
      const outcome = await stage.store.signIn(intent);
      assert.ok(outcome.status === 'rejected');
      assert.deepEqual(outcome.live.map(factsOf).sort(byId), before.map(factsOf).sort(byId));
      assert.ok(outcome.live.every((record) => record.fields.size === 0));
      await stage.assertGone(intent.id);
    });
    await stage.assertSessionsOf('alice', sessions);
  }),

  scenario('reject lists all live sessions under a lowered limit, and ends none', async (stage) => {
    const sessions = await stage.signInTimes(4, 'alice');
    const outcome = await stage.attempt('alice', { limit: { max: 1, onExceed: 'reject' } });
    assert.ok(outcome.status === 'rejected');
    assert.deepEqual(idsOf(outcome.live).sort(), idsOf(sessions).sort());
    await stage.assertSessionsOf('alice', sessions);
  }),

  scenario('a rejected sign-in leaves the session that it would replace unchanged', async (stage) => {
    const guest = await stage.anonymous({ shard: shardOfUser('alice'), fields: fields({ cart: '[1]' }) });
    await stage.signIn('alice');
    const replaces = { id: guest.id, keepData: true };
    const outcome = await stage.attempt('alice', { replaces, limit: { max: 1, onExceed: 'reject' } });
    assert.equal(outcome.status, 'rejected');
    assert.deepEqual((await stage.stored(guest)).fields.get('cart'), '[1]');
    assert.equal(await stage.store.endOf(guest.id), null);
  }),

  acrossShards('the session that a sign-in replaces does not count towards the limit', async (stage) => {
    for (const onExceed of ['evict-oldest', 'evict-idlest', 'reject'] as const) {
      const [first, second] = await stage.signInTimes(2, onExceed);
      assert.ok(first && second);
      const replaces = { id: first.id, keepData: true };
      const outcome = await stage.attempt(onExceed, { replaces, limit: { max: 2, onExceed } });
      assert.ok(outcome.status === 'signed-in');
      assert.deepEqual(outcome.evicted, []);
      await stage.assertSessionsOf(onExceed, [second, outcome.record]);
    }
  }),

  scenario('sessions that have ended do not count towards the limit', async (stage) => {
    const [ended, kept] = await stage.signInTimes(2, 'alice');
    assert.ok(ended && kept);
    await stage.end(ended, { reason: 'signed-out' });
    await stage.signIn('alice', { limit: { max: 2, onExceed: 'reject' } });
    await stage.assertLive(kept);
  }),

  scenario('sessions that have expired do not count towards the limit', async (stage) => {
    const expired = await stage.signIn('alice', { timeouts: { idleMs: 100, absoluteMs: 60_000 } });
    const kept = await stage.signIn('alice');
    await stage.outlast(expired);
    const added = await stage.signIn('alice', { limit: { max: 2, onExceed: 'reject' } });
    await stage.assertSessionsOf('alice', [kept, added]);
  }),

  scenario('a regenerated session counts once towards the limit', async (stage) => {
    const from = await stage.signIn('alice');
    const to = freshIdBeside(from);
    await stage.store.regenerate({ from, to, keepData: true });
    const added = await stage.signIn('alice', { limit: { max: 2, onExceed: 'reject' } });
    await stage.assertSessionsOf('alice', [{ id: to }, added]);
  }),

  acrossShards(
    'anonymous sessions and those of other users do not count towards the limit',
    async (stage) => {
      await stage.anonymous({ shard: shardOfUser('alice') });
      await stage.signIn('bob');
      const own = await stage.signIn('alice', { limit: { max: 1, onExceed: 'reject' } });
      await stage.assertSessionsOf('alice', [own]);
    },
  ),
];

async function signInBeyond(stage: Stage, limit: { max: number; onExceed: OnExceed }) {
  const details: Partial<SignInIntent> = { ...HERE, limit };
  const outcome = await stage.attempt('alice', details);
  assert.ok(outcome.status === 'signed-in');
  return outcome;
}

function idsOf(records: readonly SessionRecord[]) {
  return records.map(({ id }) => id);
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}

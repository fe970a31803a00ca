import assert from 'node:assert/strict';
import { NO_IDLE_MS } from '../core/record/expiry.js';
import type { Scenario } from './store-conformance.stage.js';
import { acrossShards, changes, freshIdBeside, needing, scenario } from './store-conformance.stage.js';

/** Times that a harness without a fake clock can wait for, and that leave a slow machine some room. */
const BRIEF = { idleMs: 1_200, absoluteMs: 60_000 };
/** Part of a brief idle timeout; two of them are more than the whole. */
const PART_MS = 700;
const BUSY = { idleMs: 4_000, absoluteMs: 1_500 };

/** The idle and the absolute clock. */
export const clockScenarios: readonly Scenario[] = [
  scenario('an idle session expires, and the store has no notice of its end', async (stage) => {
    const record = await stage.anonymous({ timeouts: { ...BRIEF, idleMs: 100 } });
    await stage.outlast(record);
    await stage.assertGone(record.id);
    assert.equal(await stage.store.endOf(record.id), null);
  }),

  scenario('a touch, a commit or a regeneration postpones the idle timeout', async (stage) => {
    const record = await stage.signIn('alice', { timeouts: BRIEF });
    await stage.advance(PART_MS);
    assert.equal(await stage.store.touch(record), true);
    await stage.advance(PART_MS);
    assert.equal(await stage.store.commit(record, changes({ seen: '1' })), true);
    await stage.advance(PART_MS);
    const renewed = await stage.store.regenerate({ from: record, to: freshIdBeside(record), keepData: true });
    assert.ok(renewed);
    await stage.advance(PART_MS);
    await stage.assertLive(renewed);
    await stage.assertSessionsOf('alice', [renewed]);
    await stage.outlast(renewed);
    await stage.assertGone(renewed.id);
    await stage.assertSessionsOf('alice', []);
  }),

  scenario('reading or listing a session does not postpone its idle timeout', async (stage) => {
    const record = await stage.signIn('alice', { timeouts: BRIEF });
    await stage.advance(PART_MS);
    await stage.assertLive(record);
    await stage.assertSessionsOf('alice', [record]);
    await stage.advance(PART_MS);
    await stage.assertGone(record.id);
  }),

  scenario('a busy session expires at its absolute timeout', async (stage) => {
    const record = await stage.signIn('alice', { timeouts: BUSY });
    await stage.advance(PART_MS);
    assert.equal(await stage.store.touch(record), true);
    assert.equal(await stage.store.commit(record, changes({ busy: '1' })), true);
    const renewed = await stage.store.regenerate({ from: record, to: freshIdBeside(record), keepData: true });
    assert.ok(renewed);
    assert.equal((await stage.stored(renewed)).absoluteEndAt, record.absoluteEndAt);
    await stage.advance(BUSY.absoluteMs - PART_MS + 20);
    await stage.assertGone(record.id, renewed.id);
    await stage.assertSessionsOf('alice', []);
  }),

  scenario('an anonymous session expires at its absolute timeout', async (stage) => {
    const record = await stage.anonymous({ timeouts: { idleMs: 2_000, absoluteMs: 150 } });
    assert.equal(await stage.store.touch(record), true);
    await stage.advance(170);
    await stage.assertGone(record.id);
  }),

  scenario('each session has its own timeouts', async (stage) => {
    const brief = await stage.signIn('alice', { timeouts: { ...BRIEF, idleMs: 100 } });
    const long = await stage.signIn('alice');
    await stage.outlast(brief);
    await stage.assertGone(brief.id);
    await stage.assertLive(long);
  }),

  needing(
    'field-operations',
    scenario('activity extends a session by the idle timeout of its record', async (stage) => {
      const { store } = stage;
      const record = await stage.signIn('alice');
      const lasting = { ...record, idleMs: record.idleMs + 1 };
      assert.equal(await store.touch(lasting), true);
      assert.equal((await stage.stored(record)).idleMs, lasting.idleMs);
      assert.equal(await store.commit(record, changes({ a: '1' })), true);
      assert.equal((await stage.stored(record)).idleMs, record.idleMs);
      assert.equal((await store.increment(lasting, 'a', 1)).status, 'incremented');
      assert.equal((await stage.stored(record)).idleMs, lasting.idleMs);
      assert.equal((await store.compareAndSet({ ...record, idleMs: 100 }, 'a', '2', '3')).status, 'set');
      await stage.outlast({ ...record, idleMs: 100 });
      await stage.assertGone(record.id);
      await stage.assertSessionsOf('alice', []);
    }),
  ),

  acrossShards('a session without an idle timeout lives until its absolute timeout', async (stage) => {
    const timeouts = { idleMs: NO_IDLE_MS, absoluteMs: 400 };
    const nobodys = await stage.anonymous({ timeouts });
    const record = await stage.signIn('alice', { timeouts });
    assert.equal(await stage.store.touch(record), true);
    assert.equal((await stage.stored(record)).idleMs, NO_IDLE_MS);
    assert.equal((await stage.stored(nobodys)).idleMs, NO_IDLE_MS);
    await stage.advance(420);
    await stage.assertGone(record.id, nobodys.id);
  }),

  scenario('a sign-in may set its time, its absolute end and its own timeouts', async (stage) => {
    const first = await stage.signIn('alice');
    assert.equal('own' in (await stage.stored(first)), false);
    const signedInAt = first.lastActiveAt - 60_000;
    const absoluteEndAt = first.lastActiveAt + 2_000;
    const own = ['idle', 'end'] as const;
    const second = await stage.signIn('alice', { signedInAt, absoluteEndAt, own });
    assert.deepEqual(await stage.stored(second), second);
    assert.deepEqual([second.signedInAt, second.absoluteEndAt, second.own], [signedInAt, absoluteEndAt, own]);
    assert.deepEqual(
      (await stage.store.list('alice')).map(({ id }) => id),
      [first.id, second.id],
    );
    const replaces = { id: second.id, keepData: true };
    const third = await stage.stored(await stage.signIn('alice', { replaces }));
    assert.equal('own' in third, false);
    const fourth = await stage.stored(await stage.signIn('alice', { own: ['end'] }));
    assert.deepEqual(fourth.own, ['end']);
  }),

  acrossShards('no operation restores an expired session', async (stage) => {
    const { store } = stage;
    const timeouts = { ...BRIEF, idleMs: 100 };
    const expired = [await stage.anonymous({ timeouts }), await stage.signIn('alice', { timeouts })];
    await stage.advance(130);
    for (const record of expired) {
      const to = freshIdBeside(record);
      assert.equal(await store.commit(record, changes({ late: '1' })), false);
      assert.equal(await store.touch(record), false);
      assert.equal(await store.regenerate({ from: record, to, keepData: true }), null);
      await stage.assertGone(record.id, to);
      assert.equal(await store.destroy(record.id, { reason: 'revoked' }), null);
    }
    await stage.assertSessionsOf('alice', []);
  }),

  scenario('a sign-in restarts both timeouts of the session that it replaces', async (stage) => {
    const first = await stage.signIn('alice', { timeouts: BUSY });
    await stage.advance(PART_MS);
    const replaces = { id: first.id, keepData: true };
    const second = await stage.signIn('alice', { replaces, timeouts: BRIEF });
    assert.equal(second.absoluteEndAt, second.lastActiveAt + BRIEF.absoluteMs);
    await stage.advance(BUSY.absoluteMs - PART_MS + 20);
    await stage.assertLive(second);
    await stage.outlast(second);
    await stage.assertGone(second.id);
  }),
];

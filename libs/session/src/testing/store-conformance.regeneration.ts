import assert from 'node:assert/strict';
import type { Scenario } from './store-conformance.stage.js';
import {
  assertFields,
  changes,
  factsOf,
  fields,
  freshIdBeside,
  scenario,
} from './store-conformance.stage.js';

/** A new id for a session that goes on. */
export const regenerationScenarios: readonly Scenario[] = [
  scenario(
    'a regenerated session keeps its user, its timeouts and its data under the new id',
    async (stage) => {
      const from = await stage.signIn('alice', {
        ...{ device: 'Safari on iOS', address: '192.0.2.1', persistent: true },
        changes: changes({ cart: '[1]' }),
      });
      await stage.tick();
      const to = freshIdBeside(from);
      const answered = await stage.store.regenerate({ from, to, keepData: true });
      assert.ok(answered);
      const stored = await stage.stored({ id: to });
      assert.ok(stored.lastActiveAt > from.lastActiveAt);
      assert.deepEqual(factsOf(stored), { ...factsOf(from), id: to, lastActiveAt: stored.lastActiveAt });
      assert.deepEqual(factsOf(answered), factsOf(stored));
      assertFields(stored, fields({ cart: '[1]' }));
    },
  ),

  scenario('a regenerated session drops its data on request, and stays signed in', async (stage) => {
    const from = await stage.signIn('alice', { changes: changes({ cart: '[1]', '': '""', u: '"x"' }) });
    const to = freshIdBeside(from);
    const answered = await stage.store.regenerate({ from, to, keepData: false });
    assert.ok(answered);
    assertFields(answered, new Map());
    const stored = await stage.stored({ id: to });
    assertFields(stored, new Map());
    assert.deepEqual(factsOf(stored), { ...factsOf(from), id: to, lastActiveAt: stored.lastActiveAt });
  }),

  scenario('the old id of a regenerated session is invalid and reported as replaced', async (stage) => {
    const from = await stage.anonymous();
    const to = freshIdBeside(from);
    await stage.store.regenerate({ from, to, keepData: true });
    await stage.assertGone(from.id);
    await stage.assertEnd(from.id, { reason: 'replaced' });
    assert.equal(await stage.store.endOf(to), null);
    assert.equal(await stage.store.commit(from, changes({ late: '1' })), false);
    await stage.assertGone(from.id);
  }),

  scenario('the list of a user has a regenerated session under its new id', async (stage) => {
    const [from, other] = await stage.signInTimes(2, 'alice');
    assert.ok(from && other);
    const to = freshIdBeside(from);
    await stage.store.regenerate({ from, to, keepData: true });
    await stage.assertSessionsOf('alice', [{ id: to }, other]);
    assert.deepEqual(await stage.store.revokeAll('alice', { reason: 'revoked' }, other.id), [to]);
  }),

  scenario('an anonymous session can be regenerated', async (stage) => {
    const from = await stage.anonymous({ fields: fields({ cart: '[1]' }), persistent: true });
    const to = freshIdBeside(from);
    await stage.store.regenerate({ from, to, keepData: true });
    const stored = await stage.stored({ id: to });
    assert.deepEqual(factsOf(stored), { ...factsOf(from), id: to, lastActiveAt: stored.lastActiveAt });
    assertFields(stored, fields({ cart: '[1]' }));
  }),

  scenario('a regeneration keeps fields that other requests wrote before it', async (stage) => {
    const seen = await stage.anonymous({ fields: fields({ cart: '[1]' }) });
    await stage.store.commit(seen, changes({ other: '1' }, ['cart']));
    const to = freshIdBeside(seen);
    await stage.store.regenerate({ from: seen, to, keepData: true });
    assertFields(await stage.stored({ id: to }), fields({ other: '1' }));
  }),

  scenario(
    'the first of two regenerations of a session succeeds, and the other finds no session',
    async (stage) => {
      const from = await stage.signIn('alice');
      const targets = [freshIdBeside(from), freshIdBeside(from)];
      const outcomes = await Promise.all(
        targets.map((to) => stage.store.regenerate({ from, to, keepData: true })),
      );
      const winners = outcomes.filter((record) => record !== null);
      assert.equal(winners.length, 1);
      await stage.assertSessionsOf('alice', winners);
      await stage.assertLive(...winners);
      await stage.assertGone(from.id, ...targets.filter((id) => id !== winners[0]?.id));
    },
  ),
];

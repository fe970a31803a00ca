import assert from 'node:assert/strict';
import { shardOfUser } from '../core/record/token.js';
import type { Scenario } from './store-conformance.stage.js';
import {
  assertFields,
  changes,
  factsOf,
  fields,
  LONG,
  plainSignIn,
  scenario,
} from './store-conformance.stage.js';

/** An anonymous session in the shard of alice, with a cart. */
const BESIDE_ALICE = { shard: shardOfUser('alice'), fields: fields({ cart: '[1]', theme: '"dark"' }) };

/** Signing in: fresh, or in the place of another session. */
export const signInScenarios: readonly Scenario[] = [
  scenario('a sign-in creates a session, and a load returns all its facts', async (stage) => {
    const intent = { ...plainSignIn('alice'), device: 'Firefox on Linux', address: '2001:db8::1' };
    const outcome = await stage.store.signIn({ ...intent, persistent: true, changes: changes({ a: '1' }) });
    assert.ok(outcome.status === 'signed-in');
    assert.deepEqual(outcome.evicted, []);
    const stored = await stage.stored(intent);
    const now = stored.createdAt;
    stage.assertNow(now);
    assert.deepEqual(factsOf(stored), {
      ...{ id: intent.id, createdAt: now, lastActiveAt: now, idleMs: LONG.idleMs },
      ...{ absoluteEndAt: now + LONG.absoluteMs, userId: 'alice', signedInAt: now },
      ...{ device: 'Firefox on Linux', address: '2001:db8::1', persistent: true },
      rotation: null,
    });
    assert.deepEqual(factsOf(outcome.record), factsOf(stored));
    assertFields(stored, fields({ a: '1' }));
    assertFields(outcome.record, fields({ a: '1' }));
  }),

  scenario('a sign-in without a device and an address stores null for both', async (stage) => {
    const { device, address } = await stage.stored(
      await stage.signIn('alice', { device: null, address: null }),
    );
    assert.deepEqual({ device, address }, { device: null, address: null });
  }),

  scenario('a sign-in stores a device of any text, which the list returns', async (stage) => {
    for (const device of ['Опера на 😀', '"quoted\\"', '{"reason":"x"}', 'a:b\n\0']) {
      const record = await stage.signIn('alice', { device });
      assert.equal((await stage.stored(record)).device, device);
      const [listed] = await stage.store.list('alice');
      assert.equal(listed?.device, device);
      await stage.end(record);
    }
  }),

  scenario('a sign-in that replaces an anonymous session keeps its data', async (stage) => {
    const before = await stage.anonymous(BESIDE_ALICE);
    await stage.tick();
    const record = await stage.signIn('alice', {
      replaces: { id: before.id, keepData: true },
      createdAt: before.createdAt,
      changes: changes({ cart: '[1,2]', added: '1' }, ['theme']),
    });
    const stored = await stage.stored(record);
    assertFields(stored, fields({ cart: '[1,2]', added: '1' }));
    assert.equal(stored.createdAt, before.createdAt);
    assert.ok(stored.signedInAt !== null && stored.signedInAt > before.createdAt);
    assert.deepEqual(factsOf(record), factsOf(stored));
  }),

  scenario('a sign-in that replaces an anonymous session drops its data on request', async (stage) => {
    const before = await stage.anonymous(BESIDE_ALICE);
    const replaces = { id: before.id, keepData: false };
    const record = await stage.signIn('alice', { replaces, changes: changes({ added: '1' }) });
    assertFields(await stage.stored(record), fields({ added: '1' }));
  }),

  scenario('the session that a sign-in replaced is invalid and reported as replaced', async (stage) => {
    for (const keepData of [true, false]) {
      const before = await stage.anonymous(BESIDE_ALICE);
      await stage.signIn('alice', { replaces: { id: before.id, keepData } });
      await stage.assertGone(before.id);
      await stage.assertEnd(before.id, { reason: 'replaced' });
      assert.equal(await stage.store.commit(before, changes({ late: '1' })), false);
      await stage.assertGone(before.id);
    }
  }),

  scenario("a sign-in in the place of the user's own session leaves one session", async (stage) => {
    for (const keepData of [true, false]) {
      const first = await stage.signIn('alice', { changes: changes({ cart: '[1]' }) });
      const second = await stage.signIn('alice', { replaces: { id: first.id, keepData } });
      assertFields(await stage.stored(second), fields(keepData ? { cart: '[1]' } : {}));
      await stage.assertGone(first.id);
      await stage.assertSessionsOf('alice', [second]);
      await stage.end(second);
    }
  }),

  scenario(
    'a sign-in does not inherit the device, address and cookie kind of the replaced session',
    async (stage) => {
      const first = await stage.signIn('alice', { device: 'Old', address: '192.0.2.1', persistent: true });
      const second = await stage.signIn('alice', { replaces: { id: first.id, keepData: true } });
      const { device, address, persistent } = await stage.stored(second);
      assert.deepEqual({ device, address, persistent }, { device: null, address: null, persistent: false });
    },
  ),

  scenario('a sign-in keeps fields that other requests wrote before it', async (stage) => {
    const seen = await stage.anonymous(BESIDE_ALICE);
    await stage.store.commit(seen, changes({ other: '1' }, ['theme']));
    const record = await stage.signIn('alice', { replaces: { id: seen.id, keepData: true } });
    assertFields(await stage.stored(record), fields({ cart: '[1]', other: '1' }));
  }),

  scenario('a sign-in that replaces an ended session creates a session without its data', async (stage) => {
    const before = await stage.anonymous(BESIDE_ALICE);
    await stage.end(before);
    const replaces = { id: before.id, keepData: true };
    const record = await stage.signIn('alice', { replaces, changes: changes({ added: '1' }) });
    assertFields(await stage.stored(record), fields({ added: '1' }));
    await stage.assertGone(before.id);
    await stage.assertSessionsOf('alice', [record]);
  }),

  scenario('a sign-in carries over the age of a session in another shard', async (stage) => {
    const createdAt = stage.store.now() - 60_000;
    const record = await stage.signIn('alice', { createdAt });
    const stored = await stage.stored(record);
    assert.equal(stored.createdAt, createdAt);
    assert.equal(record.createdAt, createdAt);
    assert.equal(stored.absoluteEndAt, stored.lastActiveAt + LONG.absoluteMs);
  }),
];

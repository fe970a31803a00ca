import assert from 'node:assert/strict';
import type { Rotation, SessionRecord } from '../core/store/store.js';
import { handleOf, rotationKeys, shardOfUser } from '../core/record/token.js';
import type { Scenario, Stage } from './store-conformance.stage.js';
import {
  acrossShards,
  assertFields,
  changes,
  factsOf,
  fields,
  freshIdBeside,
  needing,
  scenario,
} from './store-conformance.stage.js';

const GRACE_MS = 30_000;
/** A grace that a harness without a fake clock can wait for. */
const BRIEF_GRACE_MS = 50;
const KEYS = rotationKeys();

/** Exchanging a session's token on a timer. A store sees digests of tokens only, so here any text does. */
export const rotationScenarios: readonly Scenario[] = [
  acrossShards('a new session has its first token', async (stage) => {
    for (const record of [await stage.anonymous(), await stage.signIn('alice')]) {
      assert.equal(record.rotation, null);
      assert.equal((await stage.stored(record)).rotation, null);
    }
  }),

  needing(
    'token-rotation',
    scenario(
      'a rotation replaces the token and keeps the session, its id and its timeouts',
      async (stage) => {
        const record = await stage.signIn('alice', {
          device: 'Safari on iOS',
          changes: changes({ cart: '[1]' }),
        });
        await stage.tick();
        const rotation = await rotate(stage, record, handleOf(record.id), 'second');
        stage.assertNow(rotation.at);
        const { at } = rotation;
        const expected = { at, current: 'second', previous: handleOf(record.id), graceEndAt: null, ...KEYS };
        assert.deepEqual(rotation, expected);
        const stored = await stage.stored(record);
        assert.deepEqual(factsOf(stored), { ...factsOf(record), rotation: expected });
        assertFields(stored, fields({ cart: '[1]' }));
        await stage.assertSessionsOf('alice', [record]);
      },
    ),
  ),

  needing(
    'token-rotation',
    scenario('parallel rotations replace the token once and return the same token', async (stage) => {
      const record = await stage.anonymous();
      const targets = Array.from({ length: 10 }, (_, index) => `second${index}`);
      const rotations = await Promise.all(
        targets.map((to) => rotate(stage, record, handleOf(record.id), to, rotationKeys())),
      );
      const [first] = rotations;
      assert.ok(first && targets.includes(first.current));
      for (const rotation of rotations) assert.deepEqual(rotation, first);
      assert.deepEqual((await stage.stored(record)).rotation, first);
    }),
  ),

  needing(
    'token-rotation',
    scenario('a token that the client has not confirmed is not rotated again', async (stage) => {
      const record = await stage.anonymous();
      const first = await rotate(stage, record, handleOf(record.id), 'second');
      assert.deepEqual(await rotate(stage, record, 'second', 'third'), first);
      assert.deepEqual((await stage.stored(record)).rotation, first);
    }),
  ),

  needing(
    'token-rotation',
    scenario('a token that is not current is not rotated', async (stage) => {
      const record = await stage.anonymous();
      assert.equal(await stage.store.rotate({ record, from: 'other', to: 'second', keys: KEYS }), null);
      assert.equal((await stage.stored(record)).rotation, null);
      await rotate(stage, record, handleOf(record.id), 'second');
      const confirmed = await confirm(stage, record);
      assert.deepEqual(await rotate(stage, record, handleOf(record.id), 'third'), confirmed);
    }),
  ),

  needing(
    'token-rotation',
    scenario('the grace period of the previous token starts when the new one is confirmed', async (stage) => {
      const record = await stage.anonymous();
      const rotation = await rotate(stage, record, handleOf(record.id), 'second');
      const confirmed = await confirm(stage, record);
      assert.ok(confirmed.graceEndAt !== null);
      stage.assertNow(confirmed.graceEndAt - GRACE_MS);
      assert.deepEqual(confirmed, { ...rotation, graceEndAt: confirmed.graceEndAt });
    }),
  ),

  needing(
    'token-rotation',
    scenario(
      'a grace period ends no later than the old token would without a confirmation',
      async (stage) => {
        const record = await stage.anonymous();
        const { at } = await rotate(stage, record, handleOf(record.id), 'second');
        const { graceEndAt } = await confirm(stage, record, 2 * record.idleMs);
        assert.equal(graceEndAt, at + record.idleMs);
      },
    ),
  ),

  needing(
    ['field-operations', 'token-rotation'],
    scenario('the first activity after the grace period removes the nonce', async (stage) => {
      const record = await stage.anonymous();
      const { nonce } = await rotate(stage, record, handleOf(record.id), 'second');
      await stage.store.touch(record);
      await confirm(stage, record, BRIEF_GRACE_MS);
      assert.equal((await stage.stored(record)).rotation?.nonce, nonce);
      await stage.advance(BRIEF_GRACE_MS + 10);
      for (const act of activities(stage, record)) {
        await act();
        const { rotation } = await stage.stored(record);
        assert.deepEqual([rotation?.nonce, rotation?.current], [null, 'second']);
      }
      assert.equal((await rotate(stage, record, 'second', 'third')).nonce, KEYS.nonce);
    }),
  ),

  needing(
    ['field-operations', 'token-rotation'],
    scenario('activity within the grace period keeps the nonce', async (stage) => {
      const record = await stage.anonymous();
      await rotate(stage, record, handleOf(record.id), 'second');
      const confirmed = await confirm(stage, record);
      for (const act of activities(stage, record)) {
        await act();
        assert.deepEqual((await stage.stored(record)).rotation, confirmed);
      }
    }),
  ),

  needing(
    'token-rotation',
    scenario('a grace period that has begun is not extended', async (stage) => {
      const record = await stage.anonymous();
      await rotate(stage, record, handleOf(record.id), 'second');
      const before = await confirm(stage, record);
      await stage.tick();
      assert.deepEqual(await confirm(stage, record), before);
    }),
  ),

  needing(
    'token-rotation',
    scenario('a token is not rotated while the previous one is valid', async (stage) => {
      const record = await stage.anonymous();
      await rotate(stage, record, handleOf(record.id), 'second');
      const inGrace = await confirm(stage, record);
      assert.deepEqual(await rotate(stage, record, 'second', 'third'), inGrace);
      assert.deepEqual((await stage.stored(record)).rotation, inGrace);
    }),
  ),

  needing(
    'token-rotation',
    scenario('a token is rotated after the grace period, with the tag key of the session', async (stage) => {
      const record = await stage.anonymous();
      const first = await rotate(stage, record, handleOf(record.id), 'second');
      await confirm(stage, record, BRIEF_GRACE_MS);
      await stage.advance(BRIEF_GRACE_MS + 10);
      const keys = rotationKeys();
      const second = await rotate(stage, record, 'second', 'third', keys);
      assert.ok(second.at > first.at);
      const { at } = second;
      const { nonce } = keys;
      const expected = {
        at,
        current: 'third',
        previous: 'second',
        graceEndAt: null,
        nonce,
        tagKey: KEYS.tagKey,
      };
      assert.deepEqual(second, expected);
      assert.deepEqual((await stage.stored(record)).rotation, expected);
    }),
  ),

  needing(
    'token-rotation',
    scenario('a token that is no longer current is not confirmed', async (stage) => {
      const record = await stage.anonymous();
      await rotate(stage, record, handleOf(record.id), 'second');
      const outdated = await stage.stored(record);
      await confirm(stage, record, BRIEF_GRACE_MS);
      await stage.advance(BRIEF_GRACE_MS + 10);
      const rotation = await rotate(stage, record, 'second', 'third');
      await stage.store.confirmRotation(outdated, GRACE_MS);
      assert.deepEqual((await stage.stored(record)).rotation, rotation);
    }),
  ),

  needing(
    'token-rotation',
    scenario('commits and touches do not change the tokens', async (stage) => {
      const record = await stage.signIn('alice');
      const rotation = await rotate(stage, record, handleOf(record.id), 'second');
      await stage.store.commit(record, changes({ cart: '[1]' }));
      await stage.store.touch(record);
      assert.deepEqual((await stage.stored(record)).rotation, rotation);
    }),
  ),

  needing(
    'token-rotation',
    scenario('a session under a new id starts with a new first token', async (stage) => {
      for (const keepData of [true, false]) {
        const from = await stage.anonymous({ shard: shardOfUser('alice') });
        await rotate(stage, from, handleOf(from.id), 'second');
        const to = freshIdBeside(from);
        const renewed = await stage.store.regenerate({ from: await stage.stored(from), to, keepData });
        assert.ok(renewed);
        assert.equal(renewed.rotation, null);
        assert.equal((await stage.stored(renewed)).rotation, null);
        await rotate(stage, renewed, handleOf(to), 'third');
        const signedIn = await stage.signIn('alice', { replaces: { id: to, keepData } });
        assert.equal(signedIn.rotation, null);
        assert.equal((await stage.stored(signedIn)).rotation, null);
      }
    }),
  ),
];

async function rotate(
  stage: Stage,
  record: SessionRecord,
  from: string,
  to: string,
  keys = KEYS,
): Promise<Rotation> {
  const rotation = await stage.store.rotate({ record, from, to, keys });
  assert.ok(rotation);
  return rotation;
}

/** Returns the operations that record activity of a session. */
function activities({ store }: Stage, record: SessionRecord): readonly (() => Promise<unknown>)[] {
  return [
    () => store.touch(record),
    () => store.commit(record, changes({ cart: '[1]' })),
    () => store.increment(record, 'visits', 1),
  ];
}

/** Confirms the token that is in use, and answers how the tokens are stored then. */
async function confirm(stage: Stage, record: SessionRecord, graceMs = GRACE_MS): Promise<Rotation> {
  await stage.store.confirmRotation(await stage.stored(record), graceMs);
  const { rotation } = await stage.stored(record);
  assert.ok(rotation);
  return rotation;
}

import assert from 'node:assert/strict';
import type { Scenario } from './store-conformance.stage.js';
import { acrossShards, assertFields, factsOf, fields, needing, scenario } from './store-conformance.stage.js';

/** Texts that are no whole numbers, though some look like one. */
const NOT_WHOLE_NUMBERS = ['"1"', '1.5', '', ' 1', '+1', '1e3', '0x10', 'null', 'true', '[]', 'NaN'];
/** Texts that a store which marks absence in some way may confuse with its mark. */
const TEXTS = ['', '-', '+', '+-', '0', 'null', 'nil', 'false', '"ü😀"', 'nul\0', 'x'.repeat(10_000)];

/** Counters, and writes on a condition. */
export const updateScenarios: readonly Scenario[] = [
  needing(
    'field-operations',
    scenario('an increment starts at 0 and adds to the number', async (stage) => {
      const record = await stage.anonymous();
      for (const [by, value] of [[5, 5] as const, [1, 6] as const, [-10, -4] as const, [0, -4] as const]) {
        const outcome = await stage.store.increment(record, 'visits', by);
        assert.deepEqual(outcome, { status: 'incremented', value });
        assertFields(await stage.stored(record), fields({ visits: String(value) }));
      }
    }),
  ),

  needing(
    'field-operations',
    acrossShards(
      'an increment of a field without a whole number fails and leaves the field unchanged',
      async (stage) => {
        for (const text of NOT_WHOLE_NUMBERS) {
          const record = await stage.anonymous({ fields: fields({ visits: text }) });
          assert.deepEqual(await stage.store.increment(record, 'visits', 1), { status: 'not-a-number' });
          assertFields(await stage.stored(record), fields({ visits: text }));
        }
      },
    ),
  ),

  needing(
    'field-operations',
    scenario('an increment beyond the safe integers fails', async (stage) => {
      const record = await stage.anonymous();
      const { store } = stage;
      const most = Number.MAX_SAFE_INTEGER;
      assert.deepEqual(await store.increment(record, 'visits', most), { status: 'incremented', value: most });
      assert.deepEqual(await store.increment(record, 'visits', 1), { status: 'not-a-number' });
      assertFields(await stage.stored(record), fields({ visits: '9007199254740991' }));
      assert.deepEqual(await store.increment(record, 'visits', -most), { status: 'incremented', value: 0 });
      assert.deepEqual(await store.increment(record, 'visits', -most), {
        status: 'incremented',
        value: -most,
      });
      assert.deepEqual(await store.increment(record, 'visits', -1), { status: 'not-a-number' });
    }),
  ),

  needing(
    'field-operations',
    scenario('a hundred parallel increments all count', async (stage) => {
      const record = await stage.anonymous();
      const additions = Array.from({ length: 100 }, () => stage.store.increment(record, 'visits', 1));
      const outcomes = await Promise.all(additions);
      const sums = outcomes.map((outcome) => (outcome.status === 'incremented' ? outcome.value : null));
      assert.equal(new Set(sums).size, 100);
      assertFields(await stage.stored(record), fields({ visits: '100' }));
    }),
  ),

  needing(
    'field-operations',
    scenario('a compare-and-set writes a field if it has the expected text', async (stage) => {
      const record = await stage.anonymous({ fields: fields({ other: '1' }) });
      const { store } = stage;
      assert.deepEqual(await store.compareAndSet(record, 'cart', null, '[1]'), { status: 'set' });
      assert.deepEqual(await store.compareAndSet(record, 'cart', '[1]', '[2]'), { status: 'set' });
      const changed = { status: 'changed', text: '[2]' };
      assert.deepEqual(await store.compareAndSet(record, 'cart', '[1]', '[3]'), changed);
      assert.deepEqual(await store.compareAndSet(record, 'cart', null, '[3]'), changed);
      assertFields(await stage.stored(record), fields({ cart: '[2]', other: '1' }));
      assert.deepEqual(await store.compareAndSet(record, 'cart', '[2]', null), { status: 'set' });
      assert.deepEqual(await store.compareAndSet(record, 'cart', '[2]', '[3]'), {
        status: 'changed',
        text: null,
      });
      assert.deepEqual(await store.compareAndSet(record, 'cart', null, null), { status: 'set' });
      assertFields(await stage.stored(record), fields({ other: '1' }));
    }),
  ),

  needing(
    'field-operations',
    acrossShards('a compare-and-set distinguishes any text from any other and from none', async (stage) => {
      const { store } = stage;
      for (const text of TEXTS) {
        const record = await stage.anonymous();
        assert.deepEqual(await store.compareAndSet(record, '', null, text), { status: 'set' });
        for (const expected of [null, ...TEXTS].filter((other) => other !== text)) {
          const outcome = await store.compareAndSet(record, '', expected, 'lost');
          assert.deepEqual(outcome, { status: 'changed', text });
        }
        assert.deepEqual(await store.compareAndSet(record, '', text, null), { status: 'set' });
        assertFields(await stage.stored(record), new Map());
      }
    }),
  ),

  needing(
    'field-operations',
    scenario(
      'exactly one of parallel compare-and-sets with the same expected text succeeds',
      async (stage) => {
        const record = await stage.anonymous();
        const writes = Array.from({ length: 20 }, (_, index) =>
          stage.store.compareAndSet(record, 'seat', null, String(index)),
        );
        const statuses = (await Promise.all(writes)).map(({ status }) => status);
        assert.equal(statuses.filter((status) => status === 'set').length, 1);
        const winner = String(statuses.indexOf('set'));
        assertFields(await stage.stored(record), fields({ seat: winner }));
      },
    ),
  ),

  needing(
    'field-operations',
    scenario('an increment and a compare-and-set record activity only', async (stage) => {
      const record = await stage.signIn('alice', { device: 'Firefox on Linux', persistent: true });
      const { store } = stage;
      for (const write of [
        () => store.increment(record, 'visits', 1),
        () => store.compareAndSet(record, 'cart', null, '[1]'),
      ]) {
        const before = await stage.stored(record);
        await stage.tick();
        await write();
        const { lastActiveAt } = await stage.stored(record);
        assert.ok(lastActiveAt > before.lastActiveAt);
        assert.deepEqual(factsOf(await stage.stored(record)), { ...factsOf(before), lastActiveAt });
      }
    }),
  ),
];

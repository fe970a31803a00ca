import assert from 'node:assert/strict';
import type { Scenario } from './store-conformance.stage.js';
import {
  assertFields,
  changes,
  factsOf,
  fields,
  freshId,
  LONG,
  scenario,
  acrossShards,
} from './store-conformance.stage.js';

/** Names and texts that a store may be tempted to treat as something special. */
const ODD_FIELDS: ReadonlyMap<string, string> = new Map([
  ['', 'the empty name'],
  ['.', 'a dot'],
  ['..', 'two'],
  ['__proto__', 'a prototype'],
  ['constructor', 'a constructor'],
  ['toString', 'a method'],
  ['a:b', 'a colon'],
  ['{a}', 'braces'],
  ['a b', ' spaces '],
  ['0', 'a number'],
  ['v', 'a letter'],
  ['u', 'another'],
  ['x', 'one more'],
  ['id', 'not the id'],
  ['userId', 'not the user'],
  ['line\nbreak\r\n', 'line\nbreak\r\n'],
  ['nul\0', 'nul\0'],
  ['"quoted\\"', '{"a":[1,"\\u0000"]}'],
  ['größe', 'ß'],
  ['名前', '値'],
  ['😀', '👩‍👩‍👧‍👦'],
  ['long'.repeat(256), 'x'.repeat(50_000)],
  ['empty', ''],
  ['number', '12345678901234567890'],
]);

/** Making, reading and changing a record. */
export const recordScenarios: readonly Scenario[] = [
  acrossShards('loading an unknown session returns null', async ({ store }) => {
    assert.equal(await store.load(freshId()), null);
    assert.equal(await store.endOf(freshId()), null);
  }),

  scenario('a load returns an anonymous session as it was created', async ({ store }) => {
    const id = freshId();
    const made = await store.create({
      id,
      timeouts: LONG,
      persistent: true,
      fields: fields({ cart: '[1]' }),
    });
    const { createdAt } = made;
    const expected = {
      id,
      createdAt,
      lastActiveAt: createdAt,
      idleMs: LONG.idleMs,
      absoluteEndAt: createdAt + LONG.absoluteMs,
      ...{ userId: null, signedInAt: null, device: null, address: null },
      persistent: true,
      rotation: null,
    };
    assert.deepEqual(factsOf(made), expected);
    assertFields(made, fields({ cart: '[1]' }));
    const read = await store.load(id);
    assert.ok(read);
    assert.deepEqual(factsOf(read), expected);
    assertFields(read, fields({ cart: '[1]' }));
  }),

  scenario('a load returns a session without fields as it was created', async (stage) => {
    const made = await stage.anonymous({ persistent: false });
    const read = await stage.stored(made);
    assertFields(read, new Map());
    assert.equal(read.persistent, false);
  }),

  scenario('the times of a record come from the clock of the store', async (stage) => {
    const { createdAt } = await stage.anonymous();
    stage.assertNow(createdAt);
  }),

  scenario(
    'creating a session with the id of another fails and leaves the other unchanged',
    async (stage) => {
      const { id } = await stage.anonymous({ fields: fields({ mine: '1' }) });
      const again = { id, timeouts: LONG, persistent: true, fields: fields({ yours: '2' }) };
      await assert.rejects(stage.store.create(again));
      assertFields(await stage.stored({ id }), fields({ mine: '1' }));
    },
  ),

  scenario('a new session stores fields of any name and text', async (stage) => {
    assertFields(await stage.stored(await stage.anonymous({ fields: ODD_FIELDS })), ODD_FIELDS);
  }),

  scenario('a commit stores and removes fields of any name and text', async (stage) => {
    const record = await stage.anonymous({ fields: fields({ kept: '1' }) });
    assert.equal(await stage.store.commit(record, { set: ODD_FIELDS, remove: [] }), true);
    assertFields(await stage.stored(record), new Map([...ODD_FIELDS, ['kept', '1']]));
    assert.equal(await stage.store.commit(record, { set: new Map(), remove: [...ODD_FIELDS.keys()] }), true);
    assertFields(await stage.stored(record), fields({ kept: '1' }));
  }),

  scenario('a sign-in stores fields of any name and text', async (stage) => {
    const record = await stage.signIn('alice', { changes: { set: ODD_FIELDS, remove: [] } });
    assertFields(await stage.stored(record), ODD_FIELDS);
  }),

  scenario('a commit sets and removes the named fields only', async (stage) => {
    const record = await stage.anonymous({ fields: fields({ set: '1', removed: '2', left: '3' }) });
    assert.equal(
      await stage.store.commit(record, changes({ set: '10', added: '4' }, ['removed', 'never'])),
      true,
    );
    assertFields(await stage.stored(record), fields({ set: '10', added: '4', left: '3' }));
  }),

  scenario('a commit of fields changes no fact but the last activity', async (stage) => {
    const record = await stage.signIn('alice', {
      device: 'Firefox on Linux',
      address: '::1',
      persistent: true,
    });
    await stage.tick();
    await stage.store.commit(record, changes({ id: '"other"', userId: '"mallory"' }));
    const { lastActiveAt } = await stage.stored(record);
    assert.ok(lastActiveAt > record.lastActiveAt);
    assert.deepEqual(factsOf(await stage.stored(record)), { ...factsOf(record), lastActiveAt });
  }),

  scenario('commits of different fields by two requests are both stored', async (stage) => {
    const seenByBoth = await stage.anonymous({ fields: fields({ start: '0' }) });
    await Promise.all([
      stage.store.commit(seenByBoth, changes({ one: '1' })),
      stage.store.commit(seenByBoth, changes({ other: '2' }, ['start'])),
    ]);
    assertFields(await stage.stored(seenByBoth), fields({ one: '1', other: '2' }));
  }),

  scenario('a commit without changes and a touch record activity only', async (stage) => {
    const record = await stage.anonymous({ fields: fields({ cart: '[1]' }) });
    await stage.tick();
    assert.equal(await stage.store.commit(record, changes({})), true);
    const committed = await stage.stored(record);
    assert.ok(committed.lastActiveAt > record.lastActiveAt);
    await stage.tick();
    assert.equal(await stage.store.touch(record), true);
    const touched = await stage.stored(record);
    assert.ok(touched.lastActiveAt > committed.lastActiveAt);
    assertFields(touched, fields({ cart: '[1]' }));
    assert.deepEqual(factsOf(touched), { ...factsOf(record), lastActiveAt: touched.lastActiveAt });
  }),

  scenario(
    'a commit that may leave the activity as it is stores its changes, and ends no later',
    async (stage) => {
      const record = await stage.signIn('alice');
      await stage.tick();
      const committed = await stage.store.commit(record, changes({ cart: '[1]' }), { keepActivity: true });
      assert.equal(committed, true);
      const stored = await stage.stored(record);
      assertFields(stored, fields({ cart: '[1]' }));
      assert.ok(stored.lastActiveAt >= record.lastActiveAt);
      assert.deepEqual(factsOf(stored), { ...factsOf(record), lastActiveAt: stored.lastActiveAt });
      await stage.store.destroy(record.id, { reason: 'signed-out' });
      assert.equal(await stage.store.commit(record, changes({ cart: '[2]' }), { keepActivity: true }), false);
      assert.equal(await stage.store.load(record.id), null);
    },
  ),

  scenario('a loaded record does not change when the session changes', async (stage) => {
    const given = fields({ cart: '[1]' });
    const made = await stage.anonymous({ fields: given });
    const read = await stage.stored(made);
    await stage.store.commit(made, changes({ cart: '[2]', more: '1' }));
    given.set('cart', '[3]');
    assertFields(read, fields({ cart: '[1]' }));
    assertFields(await stage.stored(made), fields({ cart: '[2]', more: '1' }));
  }),

  scenario('the store answers a ping', async ({ store }) => {
    await store.ping();
  }),

  scenario("the store's time goes forward", async (stage) => {
    const before = stage.store.now();
    await stage.advance(50);
    const passed = stage.store.now() - before;
    assert.ok(passed >= 40 && passed < 5_000, `${passed} ms passed instead of 50`);
  }),
];

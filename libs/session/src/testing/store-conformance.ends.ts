import assert from 'node:assert/strict';
import { capabilityFor } from '../core/store/delegating.store.js';
import type { CompleteStore, SessionRecord, StoreOperation } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { handleOf, rotationKeys } from '../core/record/token.js';
import type { Scenario, Stage } from './store-conformance.stage.js';
import {
  assertFields,
  changes,
  factsOf,
  fields,
  freshId,
  freshIdBeside,
  scenario,
  acrossShards,
  needing,
} from './store-conformance.stage.js';

const ELSEWHERE = { device: 'Edge on Windows', address: '203.0.113.9' };

interface LateCall {
  readonly what: string;
  readonly operation: StoreOperation;
  readonly call: (store: CompleteStore, record: SessionRecord, to: SessionId) => Promise<unknown>;
  /** Result that reports a missing session. */
  readonly answer: unknown;
}

/** Calls that may come late. */
const LATE_CALLS: readonly LateCall[] = [
  {
    what: 'a commit',
    operation: 'commit',
    call: (store, record) => store.commit(record, changes({ late: '1' }, ['cart'])),
    answer: false,
  },
  { what: 'a touch', operation: 'touch', call: (store, record) => store.touch(record), answer: false },
  {
    what: 'a regeneration',
    operation: 'regenerate',
    call: (store, from, to) => store.regenerate({ from, to, keepData: true }),
    answer: null,
  },
  {
    what: 'an increment',
    operation: 'increment',
    call: (store, record) => store.increment(record, 'visits', 1),
    answer: { status: 'gone' },
  },
  {
    what: 'a compare-and-set',
    operation: 'compareAndSet',
    call: (store, record) => store.compareAndSet(record, 'late', null, '1'),
    answer: { status: 'gone' },
  },
  {
    what: 'a rotation',
    operation: 'rotate',
    call: (store, record) =>
      store.rotate({ record, from: handleOf(record.id), to: 'second', keys: rotationKeys() }),
    answer: null,
  },
  {
    what: 'the confirmation of a rotation',
    operation: 'confirmRotation',
    call: (store, record) => store.confirmRotation(rotated(record), 1_000),
    answer: undefined,
  },
];

/** Cases about ends of sessions, their remains, and late calls. */
export const endScenarios: readonly Scenario[] = [
  scenario('destroying a session ends it and returns its last fields once', async (stage) => {
    const record = await stage.signIn('alice', {
      device: 'Firefox on Linux',
      changes: changes({ cart: '[1]' }),
    });
    await stage.store.commit(record, changes({ cart: '[2]', more: '1' }));
    const stored = await stage.stored(record);
    const last = await stage.store.destroy(record.id, { reason: 'signed-out' });
    assert.ok(last);
    assert.deepEqual(factsOf(last), factsOf(stored));
    assertFields(last, fields({ cart: '[2]', more: '1' }));
    await stage.assertGone(record.id);
    await stage.assertSessionsOf('alice', []);
    assert.equal(await stage.store.destroy(record.id, { reason: 'signed-out' }), null);
  }),

  scenario('an anonymous session can be destroyed', async (stage) => {
    const record = await stage.anonymous({ fields: fields({ cart: '[1]' }) });
    const last = await stage.store.destroy(record.id, { reason: 'destroyed' });
    assert.ok(last);
    assertFields(last, fields({ cart: '[1]' }));
    await stage.assertGone(record.id);
    await stage.assertEnd(record.id, { reason: 'destroyed' });
  }),

  acrossShards('the notice of an end has the reason, the time and the origin', async (stage) => {
    for (const reason of ['signed-out', 'destroyed', 'evicted', 'revoked', 'replaced'] as const) {
      const record = await stage.anonymous();
      await stage.store.destroy(record.id, { reason });
      await stage.assertEnd(record.id, { reason });
      const other = await stage.anonymous();
      await stage.store.destroy(other.id, { reason, by: ELSEWHERE });
      await stage.assertEnd(other.id, { reason, by: ELSEWHERE });
      const unknown = { device: null, address: null };
      await stage.store.destroy(other.id, { reason, by: unknown });
      await stage.assertEnd(other.id, { reason, by: unknown });
    }
  }),

  scenario('a live session has no notice of an end', async (stage) => {
    const record = await stage.signIn('alice');
    assert.equal(await stage.store.endOf(record.id), null);
  }),

  scenario('a notice is stored without a session, and a later notice replaces it', async (stage) => {
    const id = freshId();
    assert.equal(await stage.store.destroy(id, { reason: 'revoked' }), null);
    await stage.assertEnd(id, { reason: 'revoked' });
    assert.equal(await stage.store.destroy(id, { reason: 'replaced' }), null);
    await stage.assertEnd(id, { reason: 'replaced' });
    await stage.assertGone(id);
  }),

  scenario('the notice of a replaced session is not overwritten by later calls', async (stage) => {
    const from = await stage.anonymous();
    await stage.store.regenerate({ from, to: freshIdBeside(from), keepData: true });
    assert.equal(await stage.store.destroy(from.id, { reason: 'revoked', by: ELSEWHERE }), null);
    await stage.assertEnd(from.id, { reason: 'replaced' });
    assert.equal(await stage.store.destroy(from.id, { reason: 'replaced' }), null);
    await stage.assertEnd(from.id, { reason: 'replaced' });
  }),

  scenario('a notice expires after its time to live', async (stage) => {
    if (stage.noticeTtlMs === null) return;
    const record = await stage.anonymous();
    await stage.end(record);
    await stage.advance(stage.noticeTtlMs / 3);
    await stage.assertEnd(record.id, { reason: 'revoked' });
    await stage.advance(stage.noticeTtlMs);
    assert.equal(await stage.store.endOf(record.id), null);
  }),

  ...LATE_CALLS.map(({ what, operation, call, answer }) =>
    needing(
      capabilityFor(operation),
      acrossShards(`${what} after the end of the session changes nothing`, async (stage) => {
        for (const record of await liveSessions(stage)) {
          await stage.end(record, { reason: 'revoked', by: ELSEWHERE });
          await assertNothingChanges(stage, record, (to) => call(stage.store, record, to), answer);
          await stage.assertEnd(record.id, { reason: 'revoked', by: ELSEWHERE });
        }
      }),
    ),
  ),

  ...LATE_CALLS.map(({ what, operation, call, answer }) =>
    needing(
      capabilityFor(operation),
      acrossShards(`${what} of an unknown session changes nothing`, async (stage) => {
        const [guest] = await liveSessions(stage);
        assert.ok(guest);
        const record = { ...guest, id: freshId() };
        await assertNothingChanges(stage, record, (to) => call(stage.store, record, to), answer);
        assert.equal(await stage.store.endOf(record.id), null);
      }),
    ),
  ),
];

/** Creates an anonymous session and one of alice. */
async function liveSessions(stage: Stage): Promise<SessionRecord[]> {
  return [await stage.anonymous({ fields: fields({ cart: '[1]' }) }), await stage.signIn('alice')];
}

async function assertNothingChanges(
  stage: Stage,
  record: SessionRecord,
  call: (to: SessionId) => Promise<unknown>,
  answer: unknown,
): Promise<void> {
  const to = freshIdBeside(record);
  const before = (await stage.store.list('alice')).map(factsOf);
  await stage.leavingNothing(async () => assert.deepEqual(await call(to), answer));
  await stage.assertGone(record.id, to);
  assert.equal(await stage.store.endOf(to), null);
  assert.deepEqual((await stage.store.list('alice')).map(factsOf), before);
}

function rotated(record: SessionRecord): SessionRecord {
  const rotation = {
    at: record.createdAt,
    current: 'second',
    previous: handleOf(record.id),
    graceEndAt: null,
  };
  return { ...record, rotation: { ...rotation, ...rotationKeys() } };
}

import assert from 'node:assert/strict';
import { assertFields, fields } from '../store-conformance.stage.js';
import { assertEnded, race } from './race-stage.js';
import { needing } from '../store-conformance.stage.js';

const USER = 'alice';

/** Regenerations, and what comes in between. */
export const regenerationRaces = [
  race('one of two regenerations succeeds, the other fails, and one session remains', async (stage) => {
    const browser = await stage.user(USER);
    const [one, other] = [await browser.visit(), await browser.visit()];
    const gate = one.store.hold('regenerate');
    const late = one.context.regenerate(true);
    late.catch(() => undefined);
    await gate.arrived;
    await other.context.regenerate(true);
    gate.open();
    await assertEnded(late, 'replaced');
    await other.end();
    assert.equal(await one.answer(), null);
    await stage.assertSessionsOf(USER, [other.record]);
    assert.equal((await browser.visit()).record.id, other.record.id);
  }),

  race('exactly one of fifty regenerations succeeds, and one session remains', async (stage) => {
    const browser = await stage.user(USER);
    const visits = await Promise.all(Array.from({ length: 50 }, () => browser.visit()));
    const outcomes = await Promise.allSettled(visits.map((visit) => visit.context.regenerate(true)));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal(await stage.count(USER), 1);
    const changes = await Promise.all(visits.map((visit) => visit.end()));
    assert.equal(changes.filter((change) => change !== null).length, 1);
    assert.ok((await browser.visit()).context.record);
  }),

  race('a save before a regeneration is stored under the new id', async (stage) => {
    const browser = await stage.user(USER);
    const [renewal, write] = [await browser.visit(), await browser.visit()];
    const gate = renewal.store.hold('regenerate');
    const regeneration = renewal.context.regenerate(true);
    await gate.arrived;
    write.data['late'] = 1;
    await write.context.save();
    gate.open();
    await regeneration;
    assertFields(await stage.stored(renewal.record), fields({ late: '1' }));
  }),

  race('a save after a regeneration is rejected and stores nothing under the old id', async (stage) => {
    const browser = await stage.user(USER);
    const [renewal, write] = [await browser.visit(), await browser.visit()];
    const { id } = write.record;
    await renewal.context.regenerate(true);
    write.data['late'] = 1;
    await stage.leavingNothing(() => assertEnded(write.context.save(), 'replaced'));
    await stage.assertGone(id);
    assertFields(await stage.stored(renewal.record), new Map());
  }),

  race(
    'a sign-out with the old token of a regenerated session fails, and the session continues',
    async (stage) => {
      const browser = await stage.user(USER);
      const [renewal, leaving] = [await browser.visit(), await browser.visit()];
      await renewal.context.regenerate(true);
      await assertEnded(leaving.context.destroy(), 'replaced');
      await renewal.end();
      assert.equal(await leaving.answer(), null);
      assert.equal((await browser.visit()).record.id, renewal.record.id);
    },
  ),

  needing(
    'field-operations',
    race(
      'a regeneration between the two steps of an update makes the update fail with an error',
      async (stage) => {
        const browser = await stage.user(USER);
        const [renewal, write] = [await browser.visit(), await browser.visit()];
        const gate = write.store.hold('compareAndSet');
        const update = write.context.update('visits', () => 1);
        update.catch(() => undefined);
        await gate.arrived;
        await renewal.context.regenerate(true);
        gate.open();
        await assertEnded(update, 'replaced');
        assertFields(await stage.stored(renewal.record), new Map());
      },
    ),
  ),
];

import assert from 'node:assert/strict';
import { SessionConflictError } from '../../core/errors/errors.js';
import { assertFields, fields } from '../store-conformance.stage.js';
import type { Visit } from './browser.js';
import { GatedStore } from './gated-store.js';
import type { RaceStage } from './race-stage.js';
import { race } from './race-stage.js';
import { needing } from '../store-conformance.stage.js';

const MANY = 100;

/** Parallel requests that write to one session. */
export const updateRaces = [
  race('a hundred requests that each set a different field lose no write', async (stage) => {
    const visits = await visitors(stage, MANY);
    visits.forEach((visit, index) => (visit.data[`field${index}`] = index));
    await Promise.all(visits.map((visit) => visit.end()));
    const expected = Object.fromEntries(visits.map((_, index) => [`field${index}`, String(index)]));
    assertFields(await stage.stored(visits[0]!.record), fields({ cart: '["book"]', ...expected }));
  }),

  needing(
    'field-operations',
    race('a hundred requests that increment a number all count', async (stage) => {
      const visits = await visitors(stage, MANY);
      const sums = await Promise.all(visits.map((visit, index) => visit.context.increment('visits', index)));
      assert.equal(Math.max(...sums), (MANY * (MANY - 1)) / 2);
      await Promise.all(visits.map((visit) => visit.end()));
      assert.equal(
        (await stage.stored(visits[0]!.record)).fields.get('visits'),
        String((MANY * (MANY - 1)) / 2),
      );
    }),
  ),

  needing(
    'field-operations',
    race('twenty requests that append to a list lose no item', async (stage) => {
      const visits = await visitors(stage, 20);
      const append = (index: number) => (list: unknown) => [...((list as number[] | undefined) ?? []), index];
      await Promise.all(visits.map((visit, index) => visit.context.update('list', append(index))));
      await Promise.all(visits.map((visit) => visit.end()));
      const list = JSON.parse((await stage.stored(visits[0]!.record)).fields.get('list') ?? '') as number[];
      assert.deepEqual(
        list.sort((one, other) => one - other),
        visits.map((_, index) => index),
      );
    }),
  ),

  needing(
    'field-operations',
    race('an update runs again with the value that another request wrote meanwhile', async (stage) => {
      const [slow, quick] = (await visitors(stage, 2)) as [Visit, Visit];
      const gate = slow.store.hold('compareAndSet');
      const seen: unknown[] = [];
      const update = slow.context.update('cart', (cart) => {
        seen.push(cart);
        return [...(cart as string[]), 'slow'];
      });
      await gate.arrived;
      await quick.context.update('cart', (cart) => [...(cart as string[]), 'quick']);
      gate.open();
      assert.deepEqual(await update, ['book', 'quick', 'slow']);
      assert.deepEqual(seen, [['book'], ['book', 'quick']]);
    }),
  ),

  needing(
    'field-operations',
    race('an increment and another request’s write of the same field are applied in order', async (stage) => {
      const [adding, writing] = (await visitors(stage, 2)) as [Visit, Visit];
      const gate = adding.store.hold('increment');
      const addition = adding.context.increment('visits', 1);
      await gate.arrived;
      writing.data['visits'] = 41;
      await writing.context.save();
      gate.open();
      assert.equal(await addition, 42);
    }),
  ),

  race(
    'an update of a field that other requests keep changing fails with a conflict and changes nothing',
    async (stage) => {
      const browser = await stage.visitor();
      const visit = await browser.visit({ store: new RestlessStore(stage.store) });
      await assert.rejects(
        visit.context.update('cart', () => []),
        (error) =>
          error instanceof SessionConflictError && error.field === 'cart' && error.statusCode === 409,
      );
      assertFields(await stage.stored(visit.record), fields({ cart: '["book"]' }));
    },
  ),

  race('the last write of a field wins, and other fields are kept', async (stage) => {
    const [first, second] = (await visitors(stage, 2)) as [Visit, Visit];
    first.data['theme'] = 'dark';
    second.data['theme'] = 'light';
    const gate = first.store.hold('commit');
    const late = first.end();
    await gate.arrived;
    await second.end();
    gate.open();
    await late;
    assertFields(await stage.stored(first.record), fields({ cart: '["book"]', theme: '"dark"' }));
  }),
];

/** Requests with one session, all under way at once. */
async function visitors(stage: RaceStage, count: number): Promise<Visit[]> {
  const browser = await stage.visitor();
  return Promise.all(Array.from({ length: count }, () => browser.visit()));
}

/** A store in which another request always writes first. */
class RestlessStore extends GatedStore {
  override compareAndSet(): ReturnType<GatedStore['compareAndSet']> {
    return Promise.resolve({ status: 'changed', text: '["book"]' });
  }
}

import assert from 'node:assert/strict';
import type { OnExceed, SessionRecord } from '../../core/store/store.js';
import { fields } from '../store-conformance.stage.js';
import { assertFields } from '../store-conformance.stage.js';
import type { RaceStage } from './race-stage.js';
import { assertUnavailable, race, acrossShards } from './race-stage.js';
import { needing } from '../store-conformance.stage.js';

const USER = 'alice';

/** The store did it, and its caller never hears. */
export const lostReplyRaces = [
  race('a save whose reply is lost is applied, and a repetition changes nothing', async (stage) => {
    const browser = await stage.user(USER);
    const visit = await browser.visit();
    visit.data['cart'] = ['book'];
    visit.store.loseReply('commit');
    await assertUnavailable(visit.context.save());
    assertFields(await stage.stored(visit.record), fields({ cart: '["book"]' }));
    await visit.end();
    assertFields(await stage.stored(visit.record), fields({ cart: '["book"]' }));
  }),

  race('a save whose reply is lost is not repeated once its session has ended', async (stage) => {
    const browser = await stage.user(USER);
    const visit = await browser.visit();
    const { id } = visit.record;
    visit.data['cart'] = ['book'];
    visit.store.loseReply('commit');
    await assertUnavailable(visit.context.save());
    await browser.send((other) => other.context.destroy());
    await stage.leavingNothing(async () => assert.equal(await visit.answer(), null));
    await stage.assertGone(id);
    await stage.assertSessionsOf(USER, []);
  }),

  needing(
    'field-operations',
    race('an increment whose reply is lost counts once', async (stage) => {
      const browser = await stage.user(USER);
      const visit = await browser.visit();
      visit.store.loseReply('increment');
      await assertUnavailable(visit.context.increment('visits', 1));
      await visit.end();
      assertFields(await stage.stored(visit.record), fields({ visits: '1' }));
    }),
  ),

  needing(
    'field-operations',
    race('an update whose reply is lost is applied once', async (stage) => {
      const browser = await stage.user(USER);
      const visit = await browser.visit();
      visit.store.loseReply('compareAndSet');
      await assertUnavailable(visit.context.update('list', (list) => [...((list as string[]) ?? []), 'one']));
      await visit.end();
      assertFields(await stage.stored(visit.record), fields({ list: '["one"]' }));
    }),
  ),

  race('a sign-out whose reply is lost ends the session and reports no success', async (stage) => {
    const browser = await stage.user(USER);
    const visit = await browser.visit();
    const { id } = visit.record;
    visit.store.loseReply('destroy');
    await assertUnavailable(visit.context.destroy());
    await stage.assertGone(id);
    await stage.assertEnd(id, { reason: 'signed-out' });
  }),

  race(
    'a regeneration whose reply is lost leaves one session and invalidates the old token',
    async (stage) => {
      const browser = await stage.user(USER);
      const visit = await browser.visit();
      const { id } = visit.record;
      visit.store.loseReply('regenerate');
      await assertUnavailable(visit.context.regenerate(true));
      assert.equal(await stage.count(USER), 1);
      await stage.assertGone(id);
      assert.equal((await browser.visit()).context.record, null);
    },
  ),

  acrossShards('a creation whose reply is lost leaves at most an anonymous session', async (stage) => {
    const browser = stage.browser();
    const visit = await browser.visit();
    visit.data['cart'] = ['book'];
    visit.store.loseReply('create');
    await assertUnavailable(visit.end());
    assert.equal(browser.token, null);
    await browser.send((again) => Object.assign(again.data, { cart: ['book'] }));
    assert.deepEqual((await browser.visit()).data['cart'], ['book']);
  }),

  ...(['evict-oldest', 'evict-idlest'] as const).map((onExceed) =>
    race(`repeated sign-ins whose replies are lost never exceed the limit, with ${onExceed}`, (stage) =>
      repeatSignIns(stage, onExceed),
    ),
  ),

  race(
    'a sign-in whose reply is lost counts towards the limit, so reject fails its repetition',
    async (stage) => {
      const limit = { max: 1, onExceed: 'reject' as const };
      const browser = stage.browser();
      await loseSignIn(stage, browser, limit);
      const again = await browser.visit({ limit });
      await assert.rejects(again.signIn(USER), { name: 'SessionLimitError' });
      assert.equal(await stage.count(USER), 1);
    },
  ),

  acrossShards(
    'a sign-in whose reply is lost sets no cookie, and the visitor keeps the fields of the session',
    async (stage) => {
      const browser = await stage.visitor({ cart: ['book'] });
      await loseSignIn(stage, browser, undefined);
      assert.deepEqual((await browser.visit()).data['cart'], ['book']);
      await browser.send((visit) => visit.signIn(USER));
      const visit = await browser.visit();
      assert.equal(visit.record.userId, USER);
      assert.deepEqual(visit.data['cart'], ['book']);
    },
  ),
];

async function repeatSignIns(stage: RaceStage, onExceed: OnExceed): Promise<void> {
  for (const max of [1, 3]) {
    const limit = { max, onExceed };
    const live: SessionRecord[] = [];
    for (let attempt = 0; attempt < max + 2; attempt++) {
      const browser = stage.browser();
      await loseSignIn(stage, browser, limit);
      assert.ok((await stage.count(USER)) <= max);
      live.push((await browser.send((visit) => visit.signIn(USER), { limit })).record);
      assert.ok((await stage.count(USER)) <= max);
      await stage.tick();
    }
    assert.ok(await stage.store.load(live.at(-1)!.id));
    await stage.store.revokeAll(USER, { reason: 'revoked' }, null);
  }
}

async function loseSignIn(
  _stage: RaceStage,
  browser: ReturnType<RaceStage['browser']>,
  limit: { max: number; onExceed: OnExceed } | undefined,
): Promise<void> {
  const visit = await browser.visit(limit && { limit });
  const { token } = browser;
  visit.store.loseReply('signIn');
  await assertUnavailable(visit.signIn(USER));
  await visit.end();
  assert.equal(browser.token, token);
}

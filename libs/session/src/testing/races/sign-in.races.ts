import assert from 'node:assert/strict';
import { assertFields, fields } from '../store-conformance.stage.js';
import type { Visit } from './browser.js';
import type { RaceStage } from './race-stage.js';
import { assertEnded, race } from './race-stage.js';

const USER = 'alice';
const EVICT = { onExceed: 'evict-oldest' } as const;

/** Sign-ins, and what comes in between. */
export const signInRaces = [
  race(
    'a sign-in that reaches the store after all sessions were revoked is the only one that lives',
    async (stage) => {
      await stage.user(USER);
      const browser = stage.browser();
      const visit = await browser.visit();
      const gate = visit.store.hold('signIn');
      const signIn = visit.signIn(USER);
      await gate.arrived;
      assert.equal((await stage.store.revokeAll(USER, { reason: 'revoked' }, null)).length, 1);
      gate.open();
      await stage.assertSessionsOf(USER, [await signIn]);
      await visit.end();
      assert.equal((await browser.visit()).record.userId, USER);
    },
  ),

  race(
    'a sign-in that the store did before all sessions were revoked is revoked too, and told so',
    async (stage) => {
      const browser = stage.browser();
      const visit = await browser.visit();
      const gate = visit.store.hold('signIn', 'after');
      const signIn = visit.signIn(USER);
      await gate.arrived;
      assert.equal((await stage.store.revokeAll(USER, { reason: 'revoked' }, null)).length, 1);
      gate.open();
      await signIn;
      await visit.end();
      const next = await browser.visit();
      assert.equal(next.context.live, null);
      assert.equal((await next.context.end())?.reason, 'revoked');
    },
  ),

  race('signing in again while all sessions are revoked leaves none from before', async (stage) => {
    const browser = await stage.user(USER);
    const visit = await browser.visit();
    const { id } = visit.record;
    const gate = visit.store.hold('signIn');
    const signIn = visit.signIn(USER);
    await gate.arrived;
    await stage.store.revokeAll(USER, { reason: 'revoked' }, null);
    gate.open();
    const record = await signIn;
    await stage.assertGone(id);
    await stage.assertSessionsOf(USER, [record]);
  }),

  race(
    'of two sign-ins at a limit of one the later lives, and the client of the other is told why',
    async (stage) => {
      const limit = { max: 1, ...EVICT };
      const [first, second] = [stage.browser(), stage.browser()];
      const [one, other] = [await first.visit({ limit }), await second.visit({ limit })];
      const gate = one.store.hold('signIn', 'after');
      const evicted = one.signIn(USER);
      await gate.arrived;
      const kept = await other.signIn(USER);
      gate.open();
      await evicted;
      await Promise.all([one.end(), other.end()]);
      await stage.assertSessionsOf(USER, [kept]);
      assert.equal((await (await first.visit()).context.end())?.reason, 'evicted');
      assert.ok((await second.visit()).context.live);
    },
  ),

  race('of many sign-ins that are let go at once as many live as the limit allows', async (stage) => {
    const limit = { max: 3, ...EVICT };
    const browsers = Array.from({ length: 20 }, () => stage.browser());
    const visits = await Promise.all(browsers.map((browser) => browser.visit({ limit })));
    const gates = visits.map((visit) => visit.store.hold('signIn'));
    const signIns = visits.map((visit) => visit.signIn(USER));
    await Promise.all(gates.map((gate) => gate.arrived));
    const counts: Promise<number>[] = [];
    for (const gate of gates) {
      gate.open();
      counts.push(stage.count(USER));
    }
    await Promise.all(signIns);
    for (const count of await Promise.all(counts)) assert.ok(count <= 3, `${count} sessions lived`);
    await Promise.all(visits.map((visit) => visit.end()));
    const ends = await Promise.all(browsers.map(async (browser) => (await browser.visit()).context.end()));
    assert.equal(ends.filter((end) => end === null).length, 3);
    assert.equal(ends.filter((end) => end?.reason === 'evicted').length, 17);
  }),

  race('a limit that is lowered takes effect at the next sign-in', async (stage) => {
    for (let device = 0; device < 5; device++) {
      await stage.user(USER, { limit: { max: 5, ...EVICT } });
      await stage.tick();
    }
    const before = await stage.store.list(USER);
    assert.equal(before.length, 5);
    const { record } = await stage
      .browser()
      .send((visit) => visit.signIn(USER), { limit: { max: 2, ...EVICT } });
    await stage.assertSessionsOf(USER, [record, before[0]!]);
  }),

  race('a sign-in that began under a higher limit is cut down by the next one', async (stage) => {
    for (let device = 0; device < 3; device++) await stage.user(USER);
    const slow = await stage.browser().visit({ limit: { max: 5, ...EVICT } });
    const gate = slow.store.hold('signIn');
    const late = slow.signIn(USER);
    await gate.arrived;
    await stage.user(USER, { limit: { max: 2, ...EVICT } });
    assert.equal(await stage.count(USER), 2);
    gate.open();
    await late;
    await stage.user(USER, { limit: { max: 2, ...EVICT } });
    assert.equal(await stage.count(USER), 2);
  }),

  race(
    'what is written to a visitor’s session before the sign-in reaches the store goes over',
    async (stage) => {
      const login = await signInWrittenInto(stage, 'signIn');
      assert.equal(login.data['late'], 1);
    },
  ),

  race(
    'what is written to a visitor’s session between the two steps of a sign-in goes over',
    async (stage) => {
      await signInWrittenInto(stage, 'destroy');
    },
  ),

  race(
    'what is written to a visitor’s session after the sign-in is refused, and its writer told',
    async (stage) => {
      const browser = await stage.visitor({ cart: ['book'] });
      const [login, write] = [await browser.visit(), await browser.visit()];
      await login.signIn(USER);
      await assertEnded(writeInto(write), 'replaced');
      await login.end();
      assert.equal(await write.answer(), null);
      assertFields(await stage.stored(login.record), fields({ cart: '["book"]' }));
    },
  ),

  race(
    'signing in with a token that was exchanged long ago takes nothing from the session that it names',
    async (stage) => {
      const rotation = { everyMs: 0, graceMs: 20, revokeOnReuse: false };
      const victim = await stage.user('victim', { rotation });
      await victim.send((visit) => Object.assign(visit.data, { secret: 'hers' }));
      const thief = victim.copy();
      await victim.send(() => undefined, { rotation });
      await victim.send(() => undefined, { rotation });
      await stage.advance(40);

      await thief.send((visit) => visit.signIn('thief'), { rotation });
      const stolen = await thief.visit({ rotation });
      assert.equal(stolen.record.userId, 'thief');
      assertFields(stolen.record, new Map());
      assert.equal((await victim.visit({ rotation })).data['secret'], 'hers');
    },
  ),
];

/** A visitor's sign-in that another request writes before, while it is held on its way to one of its steps. */
async function signInWrittenInto(stage: RaceStage, step: 'signIn' | 'destroy'): Promise<Visit> {
  const browser = await stage.visitor({ cart: ['book'] });
  const [login, write] = [await browser.visit(), await browser.visit()];
  const gate = login.store.hold(step);
  const signIn = login.signIn(USER);
  await gate.arrived;
  await writeInto(write);
  gate.open();
  await signIn;
  await login.end();
  assertFields(await stage.stored(login.record), fields({ cart: '["book"]', late: '1' }));
  return login;
}

function writeInto(visit: Visit): Promise<void> {
  visit.data['late'] = 1;
  return visit.context.save();
}

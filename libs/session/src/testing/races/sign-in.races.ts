import assert from 'node:assert/strict';
import type { SessionRuntime } from '../../core/runtime/runtime.js';
import { assertFields, fields } from '../store-conformance.stage.js';
import type { Visit } from './browser.js';
import type { RaceStage } from './race-stage.js';
import { assertEnded, assertUnavailable, race, acrossShards } from './race-stage.js';
import { needing } from '../store-conformance.stage.js';

const USER = 'alice';
const EVICT = { onExceed: 'evict-oldest' } as const;

/** A limit at which a second session of the user ends the first, or is refused. */
const LIMITS = [
  { max: 1, onExceed: 'evict-oldest' },
  { max: 1, onExceed: 'evict-idlest' },
  { max: 1, onExceed: 'reject' },
] as const;

/** Sign-ins, and what comes in between. */
export const signInRaces = [
  race(
    'a sign-in that reaches the store after a revocation of all sessions is the only live session',
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
    'a sign-in that reaches the store before a revocation of all sessions is revoked, too',
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
      assert.equal(next.context.record, null);
      assert.equal((await next.context.end())?.reason, 'revoked');
    },
  ),

  race(
    'a repeated sign-in during a revocation of all sessions leaves only its own session',
    async (stage) => {
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
    },
  ),

  race(
    'the later of two sign-ins at a limit of one remains, and the other client receives the reason',
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
      assert.ok((await second.visit()).context.record);
    },
  ),

  race(
    'many sign-ins that are released at once leave as many sessions as the limit allows',
    async (stage) => {
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
    },
  ),

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

  race('the next sign-in enforces the limit after a late sign-in under a higher limit', async (stage) => {
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

  acrossShards(
    'a sign-in keeps a write to the visitor’s session before the sign-in reaches the store',
    async (stage) => {
      const login = await signInWrittenInto(stage, 'signIn');
      assert.equal(login.data['late'], 1);
    },
  ),

  acrossShards('a sign-in keeps a write to the visitor’s session between its two steps', async (stage) => {
    await signInWrittenInto(stage, 'destroy');
  }),

  acrossShards(
    'a write to a visitor’s session after the sign-in is rejected with an error',
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

  ...LIMITS.flatMap((limit) => [
    acrossShards(
      `a sign-in sent twice in parallel creates one session, at a limit of one with ${limit.onExceed}`,
      (stage) => sentTwice(stage, limit, 'before'),
    ),
    acrossShards(
      `a sign-in repeated after the first creates one session, at a limit of one with ${limit.onExceed}`,
      (stage) => sentTwice(stage, limit, 'after'),
    ),
  ]),

  acrossShards(
    'a sign-in that is repeated because its reply was lost continues in its session',
    async (stage) => {
      const browser = await stage.visitor({ cart: ['book'] });
      const limit = { max: 1, onExceed: 'reject' } as const;
      const lost = await browser.visit({ limit });
      lost.store.loseReply('signIn');
      await assertUnavailable(lost.signIn(USER));
      const { record } = await browser.send((visit) => visit.signIn(USER), { limit });
      await stage.assertSessionsOf(USER, [record]);
      assertFields(await stage.stored(record), fields({ cart: '["book"]' }));
      assert.equal((await browser.visit()).record.userId, USER);
    },
  ),

  acrossShards(
    'a write to the visitor’s session between a sign-in and its repetition is kept',
    async (stage) => {
      const browser = await stage.visitor({ cart: ['book'] });
      const one = await browser.visit();
      const gate = one.store.hold('signIn', 'after');
      const signIn = one.signIn(USER);
      await gate.arrived;
      await writeInto(await browser.visit());
      const other = await browser.visit();
      await other.signIn(USER);
      gate.open();
      await signIn;
      await Promise.all([one.end(), other.end()]);
      assertFields(await stage.stored(one.record), fields({ cart: '["book"]', late: '1' }));
    },
  ),

  acrossShards('a sign-in repeated after a sign-out creates a new session', async (stage) => {
    const browser = await stage.visitor();
    const [one, other] = [await browser.visit(), await browser.visit()];
    await one.signIn(USER);
    await one.end();
    await browser.send((visit) => visit.context.destroy());
    const record = await other.signIn(USER);
    assert.notEqual(record.id, one.context.id);
    await stage.assertSessionsOf(USER, [record]);
  }),

  acrossShards('the repetition of a sign-in fails if its session ends before it writes', async (stage) => {
    const browser = await stage.visitor();
    const [one, other] = [await browser.visit(), await browser.visit()];
    const { id } = await one.signIn(USER);
    other.data['other'] = 2;
    const gate = other.store.hold('commit');
    const signIn = other.signIn(USER);
    await gate.arrived;
    await stage.store.revokeAll(USER, { reason: 'revoked' }, null);
    gate.open();
    await assertEnded(signIn, 'revoked');
    assert.equal(await other.answer(), null);
    await stage.assertGone(id);
    await stage.assertSessionsOf(USER, []);
  }),

  acrossShards('a late response to a repeated sign-in does not replace a newer cookie', async (stage) => {
    for (const renew of [
      (visit: Visit) => visit.signIn(USER),
      (visit: Visit) => visit.context.regenerate(true),
    ]) {
      const browser = await stage.visitor();
      const [one, other] = [await browser.visit(), await browser.visit()];
      await one.signIn(USER);
      await other.signIn(USER);
      await one.end();
      const { record } = await browser.send(renew);
      assert.equal(await other.answer(), null);
      await stage.assertLive(record);
      await stage.end(record);
    }
  }),

  acrossShards(
    'a user who signs in with the cookie of another user’s visit gets a separate session',
    async (stage) => {
      const browser = await stage.visitor({ cart: ['book'] });
      const thief = browser.copy();
      const alice = await browser.send((visit) => visit.signIn(USER));
      const bob = await thief.send((visit) => visit.signIn('bob'));
      await stage.assertSessionsOf(USER, [alice.record]);
      await stage.assertSessionsOf('bob', [bob.record]);
      assertFields(await stage.stored(bob.record), new Map());
      assert.equal((await thief.visit()).record.userId, 'bob');
    },
  ),

  acrossShards(
    'an attacker who planted the token before a sign-in cannot open the session',
    async (stage) => {
      const browser = await stage.visitor();
      const thief = browser.copy();
      await browser.send((visit) => visit.signIn(USER));
      assert.equal((await thief.visit()).context.record, null);
      assert.equal((await thief.send(({ data }) => Object.assign(data, { a: 1 }))).change, null);
    },
  ),

  needing(
    'token-rotation',
    acrossShards(
      'a sign-in with a token that was rotated long ago takes no data from its session',
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
  ),
];

/** Sends a form twice from one browser, in two concurrent requests. */
async function sentTwice(
  stage: RaceStage,
  limit: SessionRuntime['limit'],
  second: 'before' | 'after',
): Promise<void> {
  const browser = await stage.visitor({ cart: ['book'] });
  const one = await browser.visit({ limit });
  const early = second === 'before' ? await browser.visit({ limit }) : null;
  one.data['one'] = 1;
  one.data['cart'] = ['book', 'pen'];
  const gate = one.store.hold('signIn', 'after');
  const signIn = one.signIn(USER);
  await gate.arrived;
  if (!early) {
    gate.open();
    await signIn;
  }
  const other = early ?? (await browser.visit({ limit }));
  other.data['other'] = 2;
  await other.signIn(USER);
  gate.open();
  await signIn;
  assert.deepEqual(await other.end(), await one.end());
  const stored = await stage.stored(one.record);
  assertFields(stored, fields({ cart: '["book","pen"]', one: '1', other: '2' }));
  await stage.assertSessionsOf(USER, [stored]);
  assert.equal((await browser.visit()).record.id, stored.id);
  assert.equal((await stage.events('signed-in')).length, 1);
  assert.deepEqual(await stage.events('evicted'), []);
  assert.deepEqual(await stage.events('write-refused'), []);
}

/** Holds a visitor's sign-in at one of its steps while another request writes to the session. */
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

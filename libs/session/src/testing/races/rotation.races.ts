import assert from 'node:assert/strict';
import type { Browser, Visit, VisitSettings } from './browser.js';
import { assertEnded, race, acrossShards } from './race-stage.js';
import { needing } from '../store-conformance.stage.js';

const USER = 'alice';
const GRACE_MS = 20;
/** Longer than a busy process may have its idea of the store's time wrong by. */
const GRACE_OVER_MS = 250;
/** Any token is due for its exchange. */
const ROTATING = rotating(30_000);
const BRIEF_GRACE = rotating(GRACE_MS);

/** Tokens that are exchanged on a timer. */
export const rotationRaces = [
  needing(
    'token-rotation',
    race('fifty requests during a rotation all receive the same new token', async (stage) => {
      const browser = await stage.user(USER);
      const { token } = browser;
      const visits = await visitTimes(50, browser, ROTATING);
      assert.deepEqual(new Set(await Promise.all(visits.map(tokenAfter))).size, 1);
      assert.notEqual(browser.token, token);
      assert.equal((await stage.events('rotated')).length, 1);
      assert.equal((await browser.visit()).record.userId, USER);
      assert.equal(await stage.count(USER), 1);
    }),
  ),

  needing(
    'token-rotation',
    race('requests that arrive after a rotation receive the same new token', async (stage) => {
      const browser = await stage.user(USER);
      const [first, late, latest] = (await visitTimes(3, browser, ROTATING)) as [Visit, Visit, Visit];
      const gates = [late, latest].map((visit) => visit.store.hold('rotate'));
      const tokens = [late, latest].map(tokenAfter);
      await Promise.all(gates.map((gate) => gate.arrived));
      tokens.push(tokenAfter(first));
      await tokens[2];
      for (const gate of gates) gate.open();
      assert.equal(new Set(await Promise.all(tokens)).size, 1);
    }),
  ),

  needing(
    'token-rotation',
    race(
      'the old token stays valid if all responses of a rotation are lost, and yields the same new one',
      async (stage) => {
        const browser = await stage.user(USER);
        const lost = await Promise.all(
          (await visitTimes(5, browser, ROTATING)).map((visit) => visit.answer()),
        );
        const tokens = new Set(lost.map((change) => change?.kind === 'set' && change.token));
        assert.equal(tokens.size, 1);
        for (let again = 0; again < 3; again++) {
          const visit = await browser.visit(ROTATING);
          assert.equal(visit.record.userId, USER);
          const change = await visit.answer();
          assert.ok(change?.kind === 'set' && tokens.has(change.token));
        }
        await browser.send(() => undefined, ROTATING);
        assert.ok(browser.token && tokens.has(browser.token));
        assert.equal((await browser.visit()).record.userId, USER);
      },
    ),
  ),

  needing(
    'token-rotation',
    race(
      'the old token stays valid if the reply to a rotation is lost, and yields the new one',
      async (stage) => {
        const browser = await stage.user(USER);
        const visit = await browser.visit(ROTATING);
        visit.store.loseReply('rotate');
        assert.equal(await visit.end(), null);
        assert.equal((await stage.events('store-failed')).length, 1);
        const { token } = browser;
        await browser.send(() => undefined, ROTATING);
        assert.notEqual(browser.token, token);
        assert.equal((await browser.visit()).record.userId, USER);
      },
    ),
  ),

  needing(
    'token-rotation',
    race(
      'a write with the old token is stored although a rotation is made and confirmed meanwhile',
      async (stage) => {
        const browser = await stage.user(USER);
        const slow = await browser.visit(ROTATING);
        slow.data['late'] = 1;
        await browser.send(() => undefined, ROTATING);
        await browser.send(() => undefined, ROTATING);
        await slow.end();
        const visit = await browser.visit();
        assert.equal(visit.data['late'], 1);
        assert.equal(visit.record.userId, USER);
      },
    ),
  ),

  needing(
    'token-rotation',
    acrossShards(
      'the old token is valid for the grace period after the new one is confirmed, and invalid afterwards',
      async (stage) => {
        const browser = await stage.user(USER);
        const old = browser.copy();
        await browser.send(() => undefined, ROTATING);
        await browser.send(() => undefined, ROTATING);
        assert.equal((await old.visit(ROTATING)).record.userId, USER);

        const other = await stage.user('bob');
        const stale = other.copy();
        await other.send(() => undefined, BRIEF_GRACE);
        await other.send(() => undefined, BRIEF_GRACE);
        await stage.advance(GRACE_OVER_MS);
        const visit = await stale.visit(BRIEF_GRACE);
        assert.equal(visit.context.record, null);
        assert.equal(await visit.answer(), null);
        assert.equal((await other.visit(BRIEF_GRACE)).record.userId, 'bob');
      },
    ),
  ),

  needing(
    'token-rotation',
    race('an old token after its grace period is reported, and the session continues', async (stage) => {
      const { owner, thief } = await stolen(await stage.user(USER), stage);
      const visit = await thief.visit(BRIEF_GRACE);
      assert.equal(visit.context.record, null);
      assert.deepEqual(
        (await stage.events('token-reused')).map(({ userId, isRevoked }) => ({ userId, isRevoked })),
        [{ userId: USER, isRevoked: false }],
      );
      assert.equal((await owner.visit(BRIEF_GRACE)).record.userId, USER);
    }),
  ),

  needing(
    'token-rotation',
    race('an old token after its grace period ends the session if revokeOnReuse is set', async (stage) => {
      const revoking = { rotation: { ...BRIEF_GRACE.rotation, revokeOnReuse: true } };
      const { owner, thief } = await stolen(await stage.user(USER), stage);
      await thief.visit(revoking);
      assert.equal((await stage.events('token-reused'))[0]?.isRevoked, true);
      const visit = await owner.visit(revoking);
      assert.equal(visit.context.record, null);
      assert.equal((await visit.context.end())?.reason, 'revoked');
      assert.equal(await stage.count(USER), 0);
    }),
  ),

  needing(
    'token-rotation',
    race('a slow response never contains a token that was rotated meanwhile', async (stage) => {
      const browser = await stage.user(USER);
      const old = browser.copy();
      await browser.send(() => undefined, BRIEF_GRACE);
      const slow = await old.visit(BRIEF_GRACE);
      await browser.send(() => undefined, BRIEF_GRACE);
      await stage.advance(GRACE_OVER_MS);
      await browser.send(() => undefined, BRIEF_GRACE);
      assert.equal(await slow.answer(), null);
      assert.equal((await browser.visit()).record.userId, USER);
    }),
  ),

  needing(
    'token-rotation',
    race('a regeneration between the steps of a rotation leaves one valid token', async (stage) => {
      const browser = await stage.user(USER);
      const [rotating, renewing] = (await visitTimes(2, browser, ROTATING)) as [Visit, Visit];
      const gate = rotating.store.hold('rotate');
      const answer = rotating.answer();
      await gate.arrived;
      await renewing.context.regenerate(true);
      await renewing.end();
      gate.open();
      assert.equal(await answer, null);
      assert.equal((await browser.visit()).record.id, renewing.record.id);
      assert.equal(await stage.count(USER), 1);
    }),
  ),

  needing(
    'token-rotation',
    race('a regeneration after a rotation invalidates both tokens', async (stage) => {
      const browser = await stage.user(USER);
      const original = browser.copy();
      await browser.send(() => undefined, ROTATING);
      const successor = browser.copy();
      const late = await successor.visit(ROTATING);
      await browser.send((visit) => visit.context.regenerate(true), ROTATING);
      for (const old of [original, successor]) assert.equal((await old.visit(ROTATING)).context.record, null);
      await assertEnded(late.context.touch(), 'replaced');
      assert.equal((await browser.visit(ROTATING)).record.userId, USER);
    }),
  ),
];

function rotating(graceMs: number): VisitSettings & Required<Pick<VisitSettings, 'rotation'>> {
  return { rotation: { everyMs: 0, graceMs, revokeOnReuse: false } };
}

/** Requests that are all under way at once. */
function visitTimes(count: number, browser: Browser, settings: VisitSettings): Promise<Visit[]> {
  return Promise.all(Array.from({ length: count }, () => browser.visit(settings)));
}

async function tokenAfter(visit: Visit): Promise<string> {
  const change = await visit.end();
  assert.equal(change?.kind, 'set');
  return change.token;
}

/** Returns a browser with an old token after its grace period, and the owner's browser with the new one. */
async function stolen(
  owner: Browser,
  stage: { advance(ms: number): Promise<void> },
): Promise<{ owner: Browser; thief: Browser }> {
  const thief = owner.copy();
  await owner.send(() => undefined, BRIEF_GRACE);
  await owner.send(() => undefined, BRIEF_GRACE);
  await stage.advance(GRACE_OVER_MS);
  return { owner, thief };
}

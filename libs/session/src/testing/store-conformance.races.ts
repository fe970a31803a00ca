import assert from 'node:assert/strict';
import type { SignInIntent, SignInOutcome } from '../core/store/store.js';
import type { Scenario, Stage } from './store-conformance.stage.js';
import {
  assertFields,
  changes,
  fields,
  freshIdBeside,
  scenario,
  acrossShards,
} from './store-conformance.stage.js';

const MAX = 3;
const SIGN_INS = 50;

/** Many at once. */
export const raceScenarios: readonly Scenario[] = [
  acrossShards('parallel sign-ins never leave more sessions than the limit', async (stage) => {
    for (const onExceed of ['evict-oldest', 'evict-idlest'] as const) {
      const outcomes = await signInAtOnce(stage, onExceed, { max: MAX, onExceed });
      const evicted = outcomes.flatMap((outcome) => (outcome.status === 'signed-in' ? outcome.evicted : []));
      assert.equal(new Set(evicted).size, SIGN_INS - MAX);
      assert.equal(evicted.length, SIGN_INS - MAX, 'a session was evicted twice');
      assert.equal((await stage.store.list(onExceed)).length, MAX);
      await stage.assertGone(...evicted);
    }
  }),

  scenario('exactly as many parallel sign-ins succeed under reject as the limit allows', async (stage) => {
    const outcomes = await signInAtOnce(stage, 'alice', { max: MAX, onExceed: 'reject' });
    const records = outcomes.flatMap((outcome) => (outcome.status === 'signed-in' ? [outcome.record] : []));
    assert.equal(records.length, MAX);
    await stage.assertSessionsOf('alice', records);
    for (const outcome of outcomes) if (outcome.status === 'rejected') assert.equal(outcome.live.length, MAX);
  }),

  scenario('commits that race with the end of a session do not restore it', async (stage) => {
    for (let round = 0; round < 5; round++) {
      const record = await stage.signIn('alice');
      await Promise.all([
        ...Array.from({ length: 5 }, (_, index) => stage.store.commit(record, changes({ [index]: '1' }))),
        stage.store.destroy(record.id, { reason: 'signed-out' }),
        ...Array.from({ length: 5 }, () => stage.store.touch(record)),
        stage.store.regenerate({ from: record, to: freshIdBeside(record), keepData: true }),
      ]);
      await stage.assertGone(record.id);
      await stage.assertSessionsOf('alice', []);
    }
  }),

  scenario('one of many parallel ends of a session returns its last fields', async (stage) => {
    const record = await stage.signIn('alice', { changes: changes({ cart: '[1]' }) });
    const ends = Array.from({ length: 10 }, () => stage.store.destroy(record.id, { reason: 'signed-out' }));
    const told = (await Promise.all(ends)).filter((last) => last !== null);
    assert.equal(told.length, 1);
  }),

  scenario('parallel commits of different fields are all stored', async (stage) => {
    const record = await stage.anonymous();
    const names = Array.from({ length: 30 }, (_, index) => `field${index}`);
    await Promise.all(names.map((name) => stage.store.commit(record, changes({ [name]: '1' }))));
    assertFields(await stage.stored(record), fields(Object.fromEntries(names.map((name) => [name, '1']))));
  }),

  scenario(
    'a sign-in that races with the revocation of all sessions leaves a consistent list',
    async (stage) => {
      for (let round = 0; round < 5; round++) {
        const before = await stage.signIn('alice');
        const [added, ended] = await Promise.all([
          stage.signIn('alice'),
          stage.store.revokeAll('alice', { reason: 'revoked' }, null),
          stage.store.touch(before),
        ]);
        const isEnded = ended.includes(added.id);
        await stage.assertSessionsOf('alice', isEnded ? [] : [added]);
        assert.equal((await stage.store.load(added.id)) === null, isEnded);
        if (!isEnded) await stage.end(added);
      }
    },
  ),
];

/** Signs a user in many times at once, and looks in between. */
async function signInAtOnce(
  stage: Stage,
  userId: string,
  limit: SignInIntent['limit'],
): Promise<SignInOutcome[]> {
  const attempts: Promise<SignInOutcome>[] = [];
  const looks: Promise<number>[] = [];
  for (let number = 0; number < SIGN_INS; number++) {
    attempts.push(stage.attempt(userId, { limit }));
    looks.push(stage.store.list(userId).then((sessions) => sessions.length));
  }
  const outcomes = await Promise.all(attempts);
  const most = Math.max(...(await Promise.all(looks)));
  assert.ok(most <= MAX, `there were ${most} sessions at once`);
  return outcomes;
}

import assert from 'node:assert/strict';
import type { StoreCapability, SessionRecord, SignInIntent, SignInOutcome } from '../core/store/store.js';
import type { Scenario, Stage } from './store-conformance.stage.js';
import {
  acrossShards,
  assertFields,
  changes,
  factsOf,
  fields,
  freshIdBeside,
  needing,
  scenario,
} from './store-conformance.stage.js';

const KEPT_FOR_MS = 2_000;
const SOURCE = { digest: 'D'.repeat(22), nonce: 'the-nonce-of-the-first', keptForMs: KEPT_FOR_MS };
const LATER = { ...SOURCE, nonce: 'the-nonce-of-the-second' };
const ALONE = { max: 1, onExceed: 'reject' } as const;

/** Lets a user sign in, and then once more as a client does that has sent the form twice. */
async function twice(
  stage: Stage,
  between: (first: SessionRecord) => Promise<unknown> = () => Promise.resolve(),
  details: Partial<SignInIntent> = {},
): Promise<{ first: SessionRecord; outcome: SignInOutcome }> {
  const first = await stage.signIn('alice', { source: SOURCE, changes: changes({ cart: '[1]' }) });
  await between(first);
  return { first, outcome: await stage.attempt('alice', { source: LATER, ...details }) };
}

/** Events between the two sign-ins that make the second one separate. */
const EVERYONE_REVOKED = 'everyone’s sessions were revoked';

const ENDINGS: readonly (readonly [
  string,
  (stage: Stage, first: SessionRecord) => Promise<unknown>,
  StoreCapability?,
])[] = [
  ['its session was ended', (stage, first) => stage.end(first, { reason: 'signed-out' })],
  [
    'all of the user’s sessions were revoked',
    (stage) => stage.store.revokeAll('alice', { reason: 'revoked' }, null),
  ],
  [
    EVERYONE_REVOKED,
    (stage) =>
      stage.store.revokeEveryone(
        { reason: 'revoked' },
        { except: null, signedInBefore: null },
        () => undefined,
      ),
    'bulk-revocation',
  ],
  [
    'its session was regenerated',
    (stage, first) => stage.store.regenerate({ from: first, to: freshIdBeside(first), keepData: true }),
  ],
  [
    'its token was exchanged',
    (stage, record) => {
      const keys = { nonce: 'n'.repeat(22), tagKey: 'k'.repeat(22) };
      return stage.store.rotate({ record, from: record.id.slice(3), to: 'x'.repeat(22), keys });
    },
    'token-rotation',
  ],
  ['the time for repetitions is over', (stage) => stage.advance(KEPT_FOR_MS + 50)],
];

/** A sign-in that a client sends twice. */
export const sameSignInScenarios: readonly Scenario[] = [
  scenario('a sign-in that is sent twice creates one session, under every limit', async (stage) => {
    for (const onExceed of ['reject', 'evict-oldest', 'evict-idlest'] as const) {
      const { first, outcome } = await twice(stage, undefined, { limit: { max: 1, onExceed } });
      assert.equal(outcome.status, 'again');
      assert.equal(outcome.nonce, SOURCE.nonce);
      assert.deepEqual(outcome.evicted, []);
      assert.deepEqual(factsOf(outcome.record), factsOf(first));
      await stage.assertSessionsOf('alice', [first]);
      await stage.end(first);
    }
  }),

  scenario('the repetition of a sign-in changes nothing and returns the stored session', async (stage) => {
    const write = (first: SessionRecord) => stage.store.commit(first, changes({ late: '1' }));
    const { first, outcome } = await twice(stage, write, { changes: changes({ other: '2' }, ['cart']) });
    assert.equal(outcome.status, 'again');
    assertFields(outcome.record, fields({ cart: '[1]', late: '1' }));
    assertFields(await stage.stored(first), fields({ cart: '[1]', late: '1' }));
  }),

  scenario('parallel repetitions of a sign-in create one session', async (stage) => {
    const intents = [SOURCE, LATER, { ...SOURCE, nonce: 'a-third' }];
    const outcomes = await Promise.all(
      intents.map((source) => stage.attempt('alice', { source, limit: ALONE })),
    );
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['again', 'again', 'signed-in']);
    assert.equal((await stage.store.list('alice')).length, 1);
  }),

  acrossShards('sign-ins of other users or with other tokens are not repetitions', async (stage) => {
    const first = await stage.signIn('alice', { source: SOURCE });
    await stage.signIn('bob', { source: SOURCE });
    const other = await stage.signIn('alice', { source: { ...SOURCE, digest: 'E'.repeat(22) } });
    await stage.signIn('carol', { source: LATER });
    const byItself = await stage.signIn('alice');
    await stage.assertSessionsOf('alice', [first, other, byItself]);
  }),

  scenario('a sign-in after a rejected one is not a repetition', async (stage) => {
    const before = await stage.signIn('alice');
    const refused = await stage.attempt('alice', { source: SOURCE, limit: ALONE });
    assert.equal(refused.status, 'rejected');
    await stage.end(before);
    const record = await stage.signIn('alice', { source: LATER, limit: ALONE });
    await stage.assertSessionsOf('alice', [record]);
  }),

  ...ENDINGS.map(([what, happen, capability]) => {
    const begin = what === EVERYONE_REVOKED ? acrossShards : scenario;
    return needing(
      capability ?? [],
      begin(`a repeated sign-in creates a session if ${what}`, async (stage) => {
        const { first, outcome } = await twice(stage, (record) => happen(stage, record));
        assert.equal(outcome.status, 'signed-in');
        assert.notEqual(outcome.record.id, first.id);
        assertFields(outcome.record, fields({}));
      }),
    );
  }),
];

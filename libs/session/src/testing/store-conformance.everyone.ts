import assert from 'node:assert/strict';
import type { EndedSession, EndNotice, SessionRecord } from '../core/store/store.js';
import { rotationKeys } from '../core/record/token.js';
import { handleOf, shardOfUser } from '../core/record/token.js';
import type { Scenario, Stage } from './store-conformance.stage.js';
import { acrossShards, freshIdBeside, needing } from './store-conformance.stage.js';

const REVOKED: EndNotice = { reason: 'revoked', by: { device: 'Edge on Windows', address: '203.0.113.9' } };

/** Cases about ending everyone's sessions at once. */
export const everyoneScenarios: readonly Scenario[] = [
  needing(
    'bulk-revocation',
    acrossShards(
      'revoking everyone ends the sessions of all users and all anonymous sessions, and reports each once',
      async (stage) => {
        const sessions = await crowd(stage);
        const ended = await revokeEveryone(stage);
        assert.deepEqual(sorted(ended), sorted(sessions));
        for (const { id } of sessions) {
          await stage.assertGone(id);
          await stage.assertEnd(id, REVOKED);
        }
        for (const user of ['alice', 'bob']) await stage.assertSessionsOf(user, []);
      },
    ),
  ),

  needing(
    'bulk-revocation',
    acrossShards('revoking everyone spares the named session', async (stage) => {
      for (const begin of [() => stage.signIn('alice'), () => stage.anonymous()]) {
        await crowd(stage);
        const kept = await begin();
        const ended = await revokeEveryone(stage, kept);
        assert.ok(ended.every(({ id }) => id !== kept.id));
        await stage.assertLive(kept);
        assert.equal(await stage.store.endOf(kept.id), null);
        await stage.assertSessionsOf('alice', kept.userId === null ? [] : [kept]);
      }
    }),
  ),

  needing(
    'bulk-revocation',
    acrossShards('revoking everyone reports no session if there is none', async (stage) => {
      assert.deepEqual(await revokeEveryone(stage), []);
      await crowd(stage);
      await revokeEveryone(stage);
      assert.deepEqual(await revokeEveryone(stage), []);
    }),
  ),

  needing(
    ['bulk-revocation', 'token-rotation'],
    acrossShards('revoking everyone ends rotated and regenerated sessions', async (stage) => {
      const [user, nobody, rotated] = [
        await stage.signIn('alice'),
        await stage.anonymous(),
        await stage.signIn('bob'),
      ];
      const next: SessionRecord[] = [];
      for (const from of [user, nobody]) {
        const once = await stage.store.regenerate({ from, to: freshIdBeside(from), keepData: true });
        assert.ok(once);
        const twice = await stage.store.regenerate({ from: once, to: freshIdBeside(from), keepData: false });
        assert.ok(twice);
        next.push(twice);
      }
      const [from, keys] = [handleOf(rotated.id), rotationKeys()];
      assert.ok(await stage.store.rotate({ record: rotated, from, to: 'second', keys }));
      const ended = await revokeEveryone(stage);
      assert.deepEqual(sorted(ended), sorted([...next, rotated]));
      await stage.assertGone(...next.map(({ id }) => id), rotated.id);
    }),
  ),

  needing(
    'bulk-revocation',
    acrossShards('a regenerated anonymous session continues, and ends, like any other', async (stage) => {
      const nobody = await stage.anonymous({ shard: shardOfUser('alice') });
      const next = await stage.store.regenerate({ from: nobody, to: freshIdBeside(nobody), keepData: true });
      assert.ok(next);
      const user = await stage.signIn('alice');
      await stage.assertSessionsOf('alice', [user]);
      assert.deepEqual(await stage.store.revokeAll('alice', REVOKED, null), [user.id]);
      await stage.assertLive(next);
      assert.ok(await stage.store.touch(next));
      await stage.end(next);
      assert.deepEqual(await revokeEveryone(stage), []);
    }),
  ),

  needing(
    'bulk-revocation',
    acrossShards(
      'a session that is regenerated while everyone is revoked ends under both ids',
      async (stage) => {
        for (let round = 0; round < 10; round++) {
          const sessions = await crowd(stage);
          const [ended, ...next] = await Promise.all([
            revokeEveryone(stage),
            ...sessions.map((from) =>
              stage.store.regenerate({ from, to: freshIdBeside(from), keepData: true }),
            ),
          ]);
          const ids = [...sessions, ...next.filter((record) => record !== null)].map(({ id }) => id);
          await stage.assertGone(...ids);
          assert.equal(ended.length, sessions.length);
        }
      },
    ),
  ),
];

/** Creates sessions of several users and anonymous ones. */
async function crowd(stage: Stage): Promise<SessionRecord[]> {
  return [
    ...(await stage.signInTimes(2, 'alice')),
    await stage.signIn('bob'),
    await stage.anonymous(),
    await stage.anonymous({ shard: shardOfUser('alice') }),
  ];
}

async function revokeEveryone(stage: Stage, except: SessionRecord | null = null): Promise<EndedSession[]> {
  const all: EndedSession[] = [];
  await stage.store.revokeEveryone(REVOKED, except?.id ?? null, (ended) => all.push(...ended));
  return all;
}

function sorted(sessions: readonly EndedSession[]): string[] {
  return sessions.map(({ id, userId }) => `${id} of ${userId ?? 'nobody'}`).sort();
}

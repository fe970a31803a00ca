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

  needing(
    'bulk-revocation',
    acrossShards(
      'revoking those who signed in before a time ends the sessions that began earlier, and spares those that began at that time or later',
      async (stage) => {
        const old = await crowd(stage);
        await stage.tick();
        const later = await crowd(stage);
        const time = Math.min(...later.map(beginOf));
        assert.deepEqual(sorted(await revokeEveryone(stage, null, time)), sorted(old));
        for (const { id } of old) {
          await stage.assertGone(id);
          await stage.assertEnd(id, REVOKED);
        }
        for (const record of later) {
          await stage.assertLive(record);
          assert.equal(await stage.store.endOf(record.id), null);
          assert.ok(await stage.store.touch(record));
        }
        for (const user of ['alice', 'bob']) {
          const live = later.filter(({ userId }) => userId === user).reverse();
          await stage.assertSessionsOf(user, live);
        }
        assert.deepEqual(await revokeEveryone(stage, null, time), []);
      },
    ),
  ),

  needing(
    'bulk-revocation',
    acrossShards('revoking those who signed in before a time spares the named session', async (stage) => {
      for (const begin of [() => stage.signIn('alice'), () => stage.anonymous()]) {
        const old = await crowd(stage);
        const kept = await begin();
        await stage.tick();
        const later = await stage.signIn('carol');
        assert.deepEqual(sorted(await revokeEveryone(stage, kept, beginOf(later))), sorted(old));
        await stage.assertLive(kept, later);
        assert.deepEqual(sorted(await revokeEveryone(stage)), sorted([kept, later]));
      }
    }),
  ),

  needing(
    ['bulk-revocation', 'token-rotation'],
    acrossShards(
      'neither activity nor a new id nor a new token makes a session later than its sign-in',
      async (stage) => {
        const [touched, moved, rotated, visitor] = [
          await stage.signIn('alice'),
          await stage.signIn('alice'),
          await stage.signIn('bob'),
          await stage.anonymous(),
        ];
        await stage.tick();
        const later = await stage.signIn('alice');
        await stage.tick();
        assert.ok(await stage.store.touch(touched));
        const [from, keys] = [handleOf(rotated.id), rotationKeys()];
        assert.ok(await stage.store.rotate({ record: rotated, from, to: 'second', keys }));
        const next = [await regenerated(stage, moved), await regenerated(stage, visitor)];
        const ended = await revokeEveryone(stage, null, beginOf(later));
        assert.deepEqual(sorted(ended), sorted([touched, rotated, ...next]));
        await stage.assertLive(later);
      },
    ),
  ),

  needing(
    'bulk-revocation',
    acrossShards(
      'a session that a sign-in creates from an earlier session is spared, and the earlier one has ended',
      async (stage) => {
        const visitor = await stage.anonymous({ shard: shardOfUser('alice') });
        const user = await stage.signIn('bob');
        await stage.tick();
        const next = [
          await stage.signIn('alice', { replaces: { id: visitor.id, keepData: true } }),
          await stage.signIn('bob', { replaces: { id: user.id, keepData: true } }),
        ];
        const time = Math.min(...next.map(beginOf));
        assert.deepEqual(await revokeEveryone(stage, null, time), []);
        for (const record of next) await stage.assertLive(record);
        await stage.assertGone(visitor.id, user.id);
      },
    ),
  ),

  needing(
    'bulk-revocation',
    acrossShards(
      'a session that is regenerated while those who signed in before a time are revoked ends under both ids, and later sessions stay',
      async (stage) => {
        for (let round = 0; round < 10; round++) {
          const old = await crowd(stage);
          await stage.tick();
          const later = await crowd(stage);
          const time = Math.min(...later.map(beginOf));
          const [ended, ...next] = await Promise.all([
            revokeEveryone(stage, null, time),
            ...[...old, ...later].map((from) =>
              stage.store.regenerate({ from, to: freshIdBeside(from), keepData: true }),
            ),
          ]);
          const [moved, kept] = [next.slice(0, old.length), next.slice(old.length)];
          assert.equal(ended.length, old.length);
          const ids = [...old, ...moved.filter((record) => record !== null)].map(({ id }) => id);
          await stage.assertGone(...ids);
          assert.equal(kept.length, later.length);
          for (const record of kept) {
            assert.ok(record);
            await stage.assertLive(record);
            await stage.end(record);
          }
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

async function revokeEveryone(
  stage: Stage,
  except: SessionRecord | null = null,
  signedInBefore: number | null = null,
): Promise<EndedSession[]> {
  const all: EndedSession[] = [];
  const selection = { except: except?.id ?? null, signedInBefore };
  await stage.store.revokeEveryone(REVOKED, selection, (ended) => all.push(...ended));
  return all;
}

/** Returns the beginning of a session: its sign-in, or the creation of an anonymous one. */
function beginOf({ signedInAt, createdAt }: SessionRecord): number {
  return signedInAt ?? createdAt;
}

/** Returns the session under a new id. */
async function regenerated(stage: Stage, from: SessionRecord): Promise<SessionRecord> {
  const next = await stage.store.regenerate({ from, to: freshIdBeside(from), keepData: true });
  assert.ok(next);
  return next;
}

function sorted(sessions: readonly EndedSession[]): string[] {
  return sessions.map(({ id, userId }) => `${id} of ${userId ?? 'nobody'}`).sort();
}

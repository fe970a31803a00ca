import assert from 'node:assert/strict';
import { SessionSizeError } from '../core/errors/errors.js';
import type { SessionRecord } from '../core/store/store.js';
import { shardOfUser } from '../core/record/token.js';
import type { Scenario, Stage } from './store-conformance.stage.js';
import {
  acrossShards,
  changes,
  fields,
  freshId,
  LONG,
  needing,
  plainSignIn,
  scenario,
} from './store-conformance.stage.js';

/** Cases about the size of a session, if the store under test has a limit. */
export const sizeScenarios: readonly Scenario[] = [
  scenario('a commit can fill a session to the last byte, which counts the names of fields', (stage) =>
    limited(stage, async (maxBytes) => {
      const record = await userWith(stage, new Map([['kept', 'one']]));
      const rest = maxBytes - 'keptone'.length - 'added'.length;
      assert.equal(await commit(stage, record, 'added', `é${'x'.repeat(rest - 2)}`), true);
      assert.equal((await stage.stored(record)).fields.get('kept'), 'one');
    }),
  ),

  scenario('a commit that would make a session too large changes nothing', (stage) =>
    limited(stage, async (maxBytes) => {
      const record = await userWith(stage, new Map([['kept', 'one']]));
      await refuses(commit(stage, record, 'added', 'x'.repeat(maxBytes - 'keptoneadded'.length + 1)));
      await refuses(commit(stage, record, 'kept', 'x'.repeat(maxBytes - 'kept'.length + 1)));
      assert.deepEqual([...(await stage.stored(record)).fields], [['kept', 'one']]);
    }),
  ),

  scenario('removed fields make room for the fields that the same commit sets', (stage) =>
    limited(stage, async (maxBytes) => {
      const large = 'x'.repeat(maxBytes - 'old'.length);
      const record = await userWith(stage, new Map([['old', large]]));
      const changes = { set: new Map([['new', large]]), remove: ['old'] };
      assert.equal(await stage.store.commit(record, changes), true);
      assert.deepEqual([...(await stage.stored(record)).fields], [['new', large]]);
    }),
  ),

  scenario('the second of two commits that only fit alone is rejected', (stage) =>
    limited(stage, async (maxBytes) => {
      const record = await userWith(stage, new Map());
      const half = 'x'.repeat(maxBytes / 2);
      const both = await Promise.allSettled(['one', 'two'].map((name) => commit(stage, record, name, half)));
      assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      assert.equal((await stage.stored(record)).fields.size, 1);
    }),
  ),

  needing(
    'field-operations',
    scenario('an update and an increment that would make a session too large change nothing', (stage) =>
      limited(stage, async (maxBytes) => {
        const text = 'x'.repeat(maxBytes - 'full'.length);
        const record = await userWith(stage, new Map([['full', text]]));
        await refuses(stage.store.compareAndSet(record, 'full', text, `${text}x`));
        await refuses(stage.store.increment(record, 'count', 1));
        assert.deepEqual([...(await stage.stored(record)).fields], [['full', text]]);
      }),
    ),
  ),

  acrossShards('an anonymous session that would be too large is not created', (stage) =>
    limited(stage, async (usersMaxBytes) => {
      const maxBytes = stage.anonymousMaxBytes ?? usersMaxBytes;
      const id = freshId();
      const begin = (text: string) =>
        stage.store.create({ id, timeouts: LONG, persistent: false, fields: fields({ full: text }) });
      await refuses(begin('x'.repeat(maxBytes - 'full'.length + 1)));
      await stage.assertGone(id);
      await begin('x'.repeat(maxBytes - 'full'.length));
      await stage.assertLive({ ...(await stage.anonymous()), id });
    }),
  ),

  scenario('a sign-in that would be too large changes nothing', (stage) =>
    limited(stage, async (maxBytes) => {
      const only = await stage.signIn('alice');
      const tooMuch = 'x'.repeat(maxBytes - 'full'.length + 1);
      const intent = { ...plainSignIn('alice'), changes: changes({ full: tooMuch }) };
      const limit = { max: 1, onExceed: 'evict-oldest' as const };
      await stage.leavingNothing(() => refuses(stage.store.signIn({ ...intent, limit })));
      await stage.assertGone(intent.id);
      await stage.assertSessionsOf('alice', [only]);
      assert.ok(await stage.store.touch(only));
      await stage.signIn('alice', { limit, changes: changes({ full: tooMuch.slice(1) }) });
    }),
  ),

  scenario('fields that other requests wrote count towards the size of a sign-in that keeps them', (stage) =>
    limited(stage, async (maxBytes) => {
      for (const begin of [
        () => stage.signIn('alice'),
        () => stage.anonymous({ shard: shardOfUser('alice') }),
      ]) {
        const before = await begin();
        const half = 'x'.repeat(maxBytes / 2);
        await commit(stage, before, 'theirs', half);
        const replaces = { id: before.id, keepData: true };
        const [intent, mine] = [plainSignIn('alice'), changes({ mine: half })];
        await refuses(stage.store.signIn({ ...intent, replaces, changes: mine }));
        await stage.assertGone(intent.id);
        assert.deepEqual([...(await stage.stored(before)).fields], [['theirs', half]]);
        assert.equal(await stage.store.endOf(before.id), null);
        const fits = await stage.signIn('alice', { replaces, changes: changes({ mine: half }, ['theirs']) });
        await stage.end(fits);
      }
    }),
  ),

  needing(
    'field-operations',
    acrossShards('an anonymous session has a separate size limit until a user signs in', async (stage) => {
      const { anonymousMaxBytes: max } = stage;
      if (max === null) return;
      const texts = (length: number) => new Map([['kept', 'x'.repeat(length - 'kept'.length)]]);
      await refuses(stage.anonymous({ fields: texts(max + 1) }));
      const record = await stage.anonymous({ ...BESIDE_ALICE, fields: texts(max) });
      await refuses(commit(stage, record, 'n', '1'));
      await refuses(stage.store.increment(record, 'n', 1));
      await refuses(stage.store.compareAndSet(record, 'n', null, '1'));
      assert.deepEqual((await stage.stored(record)).fields, texts(max));
      const replaces = { id: record.id, keepData: true };
      const more = changes({ more: 'x'.repeat(100) });
      const user = await stage.signIn('alice', { replaces, changes: more });
      assert.equal(await commit(stage, user, 'n', '1'), true);
      assert.deepEqual([...(await stage.stored(user)).fields.keys()].sort(), ['kept', 'more', 'n']);
    }),
  ),
];

/** In the shard of a user, so that a sign-in takes it over. */
const BESIDE_ALICE = { shard: shardOfUser('alice') };

function userWith(stage: Stage, set: ReadonlyMap<string, string>): Promise<SessionRecord> {
  return stage.signIn('alice', { changes: { set, remove: [] } });
}

async function limited(stage: Stage, play: (maxBytes: number) => Promise<void>): Promise<void> {
  if (stage.maxBytes !== null) await play(stage.maxBytes);
}

function commit(stage: Stage, record: SessionRecord, name: string, text: string): Promise<boolean> {
  return stage.store.commit(record, { set: new Map([[name, text]]), remove: [] });
}

async function refuses(write: Promise<unknown>): Promise<void> {
  await assert.rejects(write, (error) => error instanceof SessionSizeError);
}

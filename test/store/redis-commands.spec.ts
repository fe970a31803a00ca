import { readFileSync } from 'node:fs';
import type { SessionRecord } from 'nestjs-redis-session';
import { handleOf, rotationKeys } from 'nestjs-redis-session/core';
import {
  fieldChanges,
  freshId,
  freshIdBeside,
  LONG_TIMEOUTS,
  plainSignIn,
} from 'nestjs-redis-session/testing';
import type { ScriptName } from '../support/white-box.js';
import { countCommands } from './command-counts.js';
import { OwnRedis } from './own-redis.js';

const SCRIPTS = new URL('../../libs/session/src/redis/scripts/', import.meta.url);

const own = OwnRedis.forSpec();

const SOURCE = { digest: 'd'.repeat(22), nonce: 'nonce', keptForMs: 60_000 };

/** Lists the commands that a script calls; the server counts them like the commands of clients. */
function commandsWithin(script: ScriptName): Set<string> {
  const sources = ['prelude', script].map((name) => readFileSync(new URL(`${name}.lua`, SCRIPTS), 'utf8'));
  return new Set(
    [...sources.join().matchAll(/redis\.p?call\('(\w+)'/g)].map(([, name]) => String(name).toLowerCase()),
  );
}

/** Counts the commands of an operation other than those that its script calls. */
async function countBeside(script: ScriptName, operation: () => Promise<unknown>): Promise<object> {
  const within = commandsWithin(script);
  return Object.fromEntries(
    Object.entries(await countCommands(own.client, operation)).filter(([name]) => !within.has(name)),
  );
}

interface Call {
  readonly what: string;
  readonly script: ScriptName;
  readonly call: (record: SessionRecord) => Promise<unknown>;
}

const CALLS: readonly Call[] = [
  {
    what: 'create',
    script: 'create',
    call: () =>
      own.store.create({ id: freshId(), timeouts: LONG_TIMEOUTS, persistent: false, fields: new Map() }),
  },
  {
    what: 'commit',
    script: 'commit',
    call: (record) => own.store.commit(record, fieldChanges({ one: '1', other: '2' }, ['gone'])),
  },
  { what: 'touch', script: 'commit', call: (record) => own.store.touch(record) },
  { what: 'increment', script: 'increment', call: (record) => own.store.increment(record, 'visits', 1) },
  {
    what: 'compareAndSet',
    script: 'compare_and_set',
    call: (record) => own.store.compareAndSet(record, 'cart', null, '[]'),
  },
  {
    what: 'rotate',
    script: 'rotate',
    call: (record) =>
      own.store.rotate({ record, from: handleOf(record.id), to: 'second', keys: rotationKeys() }),
  },
  {
    what: 'confirmRotation',
    script: 'confirm_rotation',
    call: (record) => own.store.confirmRotation(record, 1_000),
  },
  {
    what: 'regenerate',
    script: 'regenerate',
    call: (from) => own.store.regenerate({ from, to: freshIdBeside(from), keepData: true }),
  },
  { what: 'signIn', script: 'sign_in', call: () => own.store.signIn(plainSignIn('alice')) },
  {
    what: 'signIn that may be sent twice',
    script: 'sign_in',
    call: () => own.store.signIn({ ...plainSignIn('alice'), source: SOURCE }),
  },
  {
    what: 'signIn that was sent before',
    script: 'sign_in',
    call: () => own.store.signIn({ ...plainSignIn('alice'), source: SOURCE }),
  },
  {
    what: 'signIn that evicts and replaces',
    script: 'sign_in',
    call: ({ id }) => {
      const limit = { max: 1, onExceed: 'evict-oldest' } as const;
      return own.store.signIn({ ...plainSignIn('alice'), limit, replaces: { id, keepData: true } });
    },
  },
  { what: 'destroy', script: 'destroy', call: ({ id }) => own.store.destroy(id, { reason: 'signed-out' }) },
  { what: 'list', script: 'list', call: () => own.store.list('alice') },
  {
    what: 'revokeAll',
    script: 'revoke_all',
    call: () => own.store.revokeAll('alice', { reason: 'revoked' }, null),
  },
];

async function aliceSignsIn(): Promise<SessionRecord> {
  const outcome = await own.store.signIn(plainSignIn('alice'));
  if (outcome.status !== 'signed-in') throw new Error('alice could not sign in');
  return outcome.record;
}

describe('the commands of the Redis store', () => {
  it('a load is one HGETALL', async () => {
    const { id } = await aliceSignsIn();
    expect(await countCommands(own.client, () => own.store.load(id))).toEqual({ hgetall: 1 });
    expect(await countCommands(own.client, () => own.store.load(freshId()))).toEqual({ hgetall: 1 });
  });

  it('reading why a session ended is one GET, and a ping is one EVALSHA', async () => {
    expect(await countCommands(own.client, () => own.store.endOf(freshId()))).toEqual({ get: 1 });
    await own.store.ping(); // from now on the server has the script
    expect(await countBeside('probe', () => own.store.ping())).toEqual({ evalsha: 1 });
  });

  it.each(CALLS)('$what is one EVALSHA', async ({ script, call }) => {
    await call(await aliceSignsIn()); // from now on the server has the script
    const record = await aliceSignsIn();
    expect(await countBeside(script, () => call(record))).toEqual({ evalsha: 1 });
  });

  it.each(CALLS)(
    '$what needs one more EVAL, once, if the server has lost its scripts',
    async ({ script, call }) => {
      const [first, second] = [await aliceSignsIn(), await aliceSignsIn()];
      await own.client.script('FLUSH', 'SYNC');
      expect(await countBeside(script, () => call(first))).toEqual({ evalsha: 1, eval: 1 });
      expect(await countBeside(script, () => call(second))).toEqual({ evalsha: 1 });
    },
  );
});

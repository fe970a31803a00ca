import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisStore, SessionUnavailableError } from 'nestjs-redis-session';
import type { SessionId, SignInIntent } from 'nestjs-redis-session';
import { mintToken, sessionIdOf, shardOf, shardOfUser } from 'nestjs-redis-session/core';
import { fieldChanges, freshId, freshIdBeside, plainSignIn } from 'nestjs-redis-session/testing';
import { RedisKeys } from '../support/white-box.js';
import { Application, dataOf } from '../support/session-runtime.js';
import { deleteKeys } from './redis-keyspace.js';

const NOW = Date.now();
const TTL_MS = 60_000;
const prefix = `test-${randomBytes(6).toString('hex')}:`;
const keys = new RedisKeys(prefix);

let client: Redis;
let store: RedisStore;

beforeAll(() => {
  client = new Redis(process.env['TEST_REDIS_URL'] as string);
  store = new RedisStore(client, { prefix, deadlineMs: 5_000, noticeTtlMs: TTL_MS });
});

afterEach(() => deleteKeys(client, prefix));
afterAll(() => client.quit());

const REVOKED = { reason: 'revoked' } as const;

async function aliceSignsIn(limit?: SignInIntent['limit']): Promise<SessionId> {
  const outcome = await store.signIn({ ...plainSignIn('alice'), ...(limit && { limit }) });
  if (outcome.status !== 'signed-in') throw new Error('alice could not sign in');
  return outcome.record.id;
}

/** Returns the fewest fields that the hash of a session must hold. */
function facts(): Record<string, string> {
  return { s: `[1,${NOW},${TTL_MS}]`, a: '[0,60000]' };
}

/** Stores a hash under a session's key, as another program may have written it. */
async function write(hash: Record<string, string>, id: SessionId = freshId()): Promise<SessionId> {
  await client.multi().hset(keys.session(id), hash).pexpire(keys.session(id), TTL_MS).exec();
  return id;
}

function without(...names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(facts()).filter(([name]) => !names.includes(name)));
}

describe('a hash that is not a valid session', () => {
  it.each([
    ['has only a field', { '.cart': '[1]' }],
    ['has a later layout', { ...facts(), s: `[2,${NOW},${TTL_MS}]` }],
    ['has no layout', { ...facts(), s: `[null,${NOW},${TTL_MS}]` }],
    ['has a layout in another type', { ...facts(), s: `["1",${NOW},${TTL_MS}]` }],
    ['has no facts', without('s')],
    ['has empty facts', { ...facts(), s: '' }],
    ['has truncated facts', { ...facts(), s: `[1,${NOW},` }],
    ['has facts that are an object', { ...facts(), s: `{"0":1,"1":${NOW},"2":${TTL_MS},"length":3}` }],
    ['has facts that are null', { ...facts(), s: 'null' }],
    ['has no creation time', { ...facts(), s: `[1,null,${TTL_MS}]` }],
    ['has no activity', without('a')],
    ['has no last activity', { ...facts(), a: '[null,60000]' }],
    ['has no idle timeout', { ...facts(), a: '[0]' }],
    ['has no absolute end', { ...facts(), s: `[1,${NOW}]` }],
    ['has an invalid time', { ...facts(), s: `[1,"yesterday",${TTL_MS}]` }],
    ['has a negative time', { ...facts(), a: `[${-NOW - 1},60000]` }],
    ['has an infinite time', { ...facts(), s: `[1,${NOW},1e999]` }],
    ['has a user who never signed in', { ...facts(), u: 'alice' }],
    [
      'has a user whose sign-in time is invalid',
      { s: `[1,${NOW},${TTL_MS},"x"]`, a: '[0,60000]', u: 'alice' },
    ],
    ['has a current token and no previous one', { ...facts(), r: `[1,"${'x'.repeat(22)}","key"]` }],
    ['has an unreadable token', { ...facts(), r: '[1,"x"', p: '[null,"y"]' }],
    ['belongs to another program', { id: '1', data: '{}' }],
  ])('a hash that %s reads as no session', async (_what, hash) => {
    expect(await store.load(await write(hash))).toBeNull();
  });

  const UNREADABLE: [string, (key: string) => Promise<unknown>][] = [
    ['has a later layout', (key) => client.hset(key, 's', `[2,${NOW},${TTL_MS},0]`)],
    ['has lost its facts', (key) => client.hdel(key, 's')],
    ['has lost its creation time', (key) => client.hset(key, 's', `[1,null,${TTL_MS},0]`)],
    ['has an invalid time', (key) => client.hset(key, 'a', '[0,"soon"]')],
    ['has truncated facts', (key) => client.hset(key, 's', `[1,${NOW},`)],
    ['has lost its absolute end', (key) => client.hset(key, 's', `[1,${NOW},null,0]`)],
  ];

  it.each(UNREADABLE)(
    "a user's unusable record that %s is unlisted, blocks no sign-in, and can be ended",
    async (_what, damage) => {
      const limit = { max: 1, onExceed: 'reject' } as const;
      const id = await aliceSignsIn(limit);
      await damage(keys.session(id));
      expect(await store.list('alice')).toEqual([]);
      const next = await aliceSignsIn(limit);
      expect((await store.list('alice')).map((record) => record.id)).toEqual([next]);
      expect(await store.revoke(id, REVOKED, 'bob')).toBeNull();
      expect(await store.revoke(id, REVOKED, 'alice')).toEqual({ id, userId: 'alice' });
      expect(await client.exists(keys.session(id))).toBe(0);
      expect(await client.zscore(keys.index(shardOf(id), 'alice'), id.slice(3))).toBeNull();
    },
  );

  it.each(UNREADABLE)(
    "a user's unusable record that %s ends with a revocation of all sessions",
    async (_what, damage) => {
      const ids = [await aliceSignsIn(), await aliceSignsIn()];
      await damage(keys.session(ids[0] as SessionId));
      expect((await store.revokeAll('alice', REVOKED, null)).sort()).toEqual(ids.sort());
      for (const id of ids) expect(await client.exists(keys.session(id))).toBe(0);
    },
  );

  it('an oversized record is listed and can be ended', async () => {
    const limit = { max: 1, onExceed: 'reject' } as const;
    const id = await aliceSignsIn(limit);
    await client.hset(keys.session(id), '.large', 'x'.repeat(70_000));
    expect(await store.load(id)).toBeNull();
    expect((await store.list('alice')).map((record) => record.id)).toEqual([id]);
    const outcome = await store.signIn({ ...plainSignIn('alice'), limit });
    expect(outcome.status === 'rejected' && outcome.live.map((record) => record.id)).toEqual([id]);
    expect(await store.revoke(id, REVOKED, 'alice')).toEqual({ id, userId: 'alice' });
    expect(await aliceSignsIn(limit)).not.toBe(id);
  });

  it('a session without fields or optional facts can be read', async () => {
    const id = await write(facts());
    expect(await store.load(id)).toEqual({
      ...{ id, createdAt: NOW, lastActiveAt: NOW, idleMs: 60_000, absoluteEndAt: NOW + TTL_MS },
      ...{ userId: null, signedInAt: null, device: null, address: null, persistent: false, rotation: null },
      fields: new Map(),
    });
  });

  it('facts of a later version are ignored, and stay in Redis', async () => {
    const later = `[1,${NOW},${TTL_MS},null,null,null,["pwd","otp"],{"by":"alice"}]`;
    const id = await write({ ...facts(), s: later });
    const record = await store.load(id);
    expect(record).toMatchObject({ createdAt: NOW, absoluteEndAt: NOW + TTL_MS, persistent: false });
    expect(await store.commit(record as NonNullable<typeof record>, fieldChanges({ cart: '[2]' }))).toBe(
      true,
    );
    expect(await client.hget(keys.session(id), 's')).toBe(later);
  });

  it('a session whose token was exchanged keeps no trace of the exchange under another id', async () => {
    const rotated = { r: `[5,"${'x'.repeat(22)}","key"]`, p: '[6,"previous","nonce"]' };
    const record = (await store.load(
      await write({ s: `[1,${NOW - 1_000},${TTL_MS}]`, a: '[0,60000]', ...rotated }),
    ))!;
    expect(record.rotation).toMatchObject({ graceEndAt: NOW - 994, nonce: 'nonce' });
    const moved = await store.regenerate({ from: record, to: freshIdBeside(record), keepData: true });
    expect(await client.hkeys(keys.session(moved!.id))).toEqual(expect.not.arrayContaining(['r', 'p']));
    expect(await store.load(moved!.id)).toEqual(moved);
  });

  it('the first activity after the grace period drops the nonce of an exchange, and nothing else', async () => {
    const rotated = { r: `[5,"${'x'.repeat(22)}","key"]`, p: '[6,"previous","nonce"]' };
    const id = await write({ s: `[1,${NOW - 1_000},${TTL_MS}]`, a: '[0,60000]', ...rotated });
    expect(await store.touch((await store.load(id))!)).toBe(true);
    expect(await client.hmget(keys.session(id), 'r', 'p')).toEqual([rotated.r, '[6,"previous"]']);
  });

  it('unknown names in a hash are omitted from the fields, and stay in Redis', async () => {
    const id = await write({ ...facts(), '.cart': '[1]', future: '1', __proto__x: '2', z: '3' });
    const record = await store.load(id);
    expect(record?.fields).toEqual(new Map([['cart', '[1]']]));
    await store.commit(record as NonNullable<typeof record>, fieldChanges({ cart: '[2]' }));
    expect(await client.hmget(keys.session(id), '.cart', 'future', 'z')).toEqual(['[2]', '1', '3']);
  });
});

describe('a key of another type of value', () => {
  it('a key of another type reads as no session, and is left as it is', async () => {
    const id = freshId();
    await client.set(keys.session(id), 'text', 'PX', TTL_MS);
    expect(await store.load(id)).toBeNull();
    const record = await store.load(await write(facts()));
    const there = { ...(record as NonNullable<typeof record>), id };
    expect(await store.commit(there, fieldChanges({ late: '1' }))).toBe(false);
    expect(await store.touch(there)).toBe(false);
    expect(await client.get(keys.session(id))).toBe('text');
  });

  it('a notice of another type reads as no notice', async () => {
    const id = freshId();
    await client.multi().hset(keys.gone(id), 'a', '1').pexpire(keys.gone(id), TTL_MS).exec();
    expect(await store.endOf(id)).toBeNull();
  });

  it('an index of another type makes sign-ins and lists fail as unavailable, and no session begins', async () => {
    await client.set(keys.index(shardOfUser('alice'), 'alice'), 'text', 'PX', TTL_MS);
    const intent = plainSignIn('alice');
    await expect(store.signIn(intent)).rejects.toThrow(SessionUnavailableError);
    await expect(store.list('alice')).rejects.toMatchObject({
      detail: expect.stringMatching(/could not list a user's sessions: .*WRONGTYPE/) as string,
    });
    expect(await store.load(intent.id)).toBeNull();
  });
});

describe('a notice without a usable reason', () => {
  it.each([
    ['is empty', ''],
    ['is not a notice', 'garbage'],
    ['has no time', '{"reason":"revoked"}'],
    ['has an invalid time', 'soon:{"reason":"revoked"}'],
    ['is truncated', `${NOW}:{"reason":"rev`],
    ['is null', `${NOW}:null`],
    ['is a number', `${NOW}:5`],
    ['is a string', `${NOW}:"revoked"`],
    ['is a list', `${NOW}:["revoked"]`],
    ['has no reason', `${NOW}:{}`],
    ['has an invalid reason', `${NOW}:{"reason":42}`],
  ])('a notice that %s gives no reason', async (_what, text) => {
    const id = freshId();
    await client.set(keys.gone(id), text, 'PX', TTL_MS);
    expect(await store.endOf(id)).toBeNull();
  });
});

describe('a stored field that cannot be used', () => {
  it('an unusable field is omitted with an event and stays in Redis, and the others are served', async () => {
    const application = new Application(store);
    const token = mintToken(shardOfUser('alice'));
    const id = sessionIdOf(token);
    const poisoned = '{"__proto__":{"isAdmin":true}}';
    await write({ ...facts(), '.broken': '{"a":', '.poisoned': poisoned, '.cart': '[1]' }, id);

    const context = await application.request(token);
    const session = dataOf(context);
    expect([session['broken'], session['poisoned'], session['cart']]).toEqual([undefined, undefined, [1]]);
    expect(Object.keys(session)).toEqual(['cart']);
    session['seen'] = true;
    await context.finish();

    const invalid = await application.events('invalid-data');
    expect(invalid.map(({ sessionId, field }) => [sessionId, field])).toEqual([
      [id, 'broken'],
      [id, 'poisoned'],
    ]);
    expect(await client.hmget(keys.session(id), '.broken', '.poisoned', '.cart', '.seen')).toEqual([
      '{"a":',
      poisoned,
      '[1]',
      'true',
    ]);
  });
});

describe('keys', () => {
  it('the keys of a session, its notice and its index share a slot of a Cluster', () => {
    const id = freshId(shardOfUser('alice'));
    const shard = shardOf(id);
    expect(keys.session(id)).toBe(`${prefix}{${shard}}:${id.slice(3)}`);
    expect(keys.gone(id)).toBe(`${prefix}{${shard}}:gone:${id.slice(3)}`);
    expect(keys.index(shard, 'alice')).toBe(`${prefix}{${shard}}:u:alice`);
  });

  it('keys contain neither a token nor its secret', async () => {
    const application = new Application(store);
    const token = await application.clientThat(async (session, context) => {
      session['cart'] = [1];
      await application.signIn(context, 'alice');
    });
    const everything: string[] = [];
    for (const key of await client.keys(`${prefix}*`))
      everything.push(key, JSON.stringify(await client.dump(key)));
    expect(everything.length).toBeGreaterThan(2);
    expect(everything.join('\n')).not.toContain(token.slice(3));
  });
});

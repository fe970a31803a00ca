import type { OnExceed, SessionRecord, SignInIntent } from 'nestjs-redis-session';
import { RedisStore, SessionUnavailableError } from 'nestjs-redis-session';
import { Redis } from 'ioredis';
import { shardOfUser } from 'nestjs-redis-session/core';
import { fieldChanges, plainSignIn } from 'nestjs-redis-session/testing';
import { RedisKeys, runScript } from '../support/white-box.js';
import { countCommands } from './command-counts.js';
import { OwnRedis } from './own-redis.js';

const LIFE_MS = 3_600_000;
const WITHIN_MS = 60_000;
const CROWD = 100_000;
const REVOKED = { reason: 'revoked' } as const;
/** The bound that applies if an application sets no limit. */
const BOUND = { max: 1_000, onExceed: 'evict-oldest' } as const;

/** Script that stores many sessions at once, as sign-ins store them. */
const SEED = `
for i = 1, tonumber(ARGV[2]) do
  local handle = 'h' .. string.format('%021d', i)
  local now = ARGV[3] - ARGV[2] + i
  redis.call('HSET', KEYS[2] .. handle, 's', string.format('[1,%d,%d,0]', now, ARGV[4] - now), 'a', '[0,1800000]', 'u', ARGV[1])
  redis.call('PEXPIREAT', KEYS[2] .. handle, ARGV[4])
  redis.call('ZADD', KEYS[1], ARGV[4], handle, -now, '@' .. handle)
end
redis.call('PEXPIREAT', KEYS[1], ARGV[4])`;

const keys = new RedisKeys('session:');
const own = OwnRedis.forSpec();
let users = 0;

/** Creates a user who has so many sessions. */
async function userWith(sessions: number): Promise<string> {
  const user = `user${++users}`;
  const shard = shardOfUser(user);
  const now = Date.now();
  const names = [keys.index(shard, user), keys.sessionsOf(shard)];
  if (sessions > 0) await own.client.eval(SEED, 2, ...names, user, sessions, now, now + LIFE_MS);
  return user;
}

function signIn(user: string, limit?: SignInIntent['limit'], store = own.store) {
  return store.signIn({ ...plainSignIn(user), ...(limit && { limit }) });
}

/** Counts the commands of a sign-in, in its script and outside. */
function steps(user: string, limit?: SignInIntent['limit']): Promise<Record<string, number>> {
  return countCommands(own.client, () => signIn(user, limit));
}

/** Counts the commands of a sign-in of a user who has so many other sessions. */
async function stepsBeside(sessions: number, limit?: SignInIntent['limit']): Promise<Record<string, number>> {
  return steps(await userWith(sessions), limit);
}

/** Counts the commands of a sign-in whose limit equals the number of the user's sessions. */
async function stepsAtLimit(user: string, onExceed: OnExceed): Promise<Record<string, number>> {
  const max = await own.client.zcount(keys.index(shardOfUser(user), user), 0, '+inf');
  return steps(user, { max, onExceed });
}

let crowd: string;

beforeAll(async () => {
  await signIn('first'); // from now on the server has the script
  crowd = await userWith(CROWD);
}, WITHIN_MS);

describe('the steps of a sign-in', () => {
  it('the first sign-in of a user takes eight commands in its script', async () => {
    const first = { evalsha: 1, time: 1, zrem: 1, zcard: 1, hset: 1, pexpireat: 2, zadd: 1, pttl: 1 };
    expect(await stepsBeside(0)).toEqual(first);
    expect(await stepsBeside(0, BOUND)).toEqual(first);
  });

  it('a sign-in without a limit takes the same steps beside 1, 1,000 and 100,000 other sessions of the user', async () => {
    const besideOne = await stepsBeside(1);
    expect(besideOne['evalsha']).toBe(1);
    expect(await stepsBeside(1_000)).toEqual(besideOne);
    expect(await steps(crowd)).toEqual(besideOne);
  });

  it('a sign-in under the implicit bound takes the same steps beside 1 and 999 other sessions', async () => {
    expect(await stepsBeside(999, BOUND)).toEqual(await stepsBeside(1, BOUND));
  });

  it('a sign-in that evicts one session takes the same steps beside 10, 1,000 and 100,000 other sessions', async () => {
    const atTheBound = await stepsBeside(1_000, BOUND);
    expect(await stepsAtLimit(await userWith(10), 'evict-oldest')).toEqual(atTheBound);
    expect(await stepsAtLimit(crowd, 'evict-oldest')).toEqual(atTheBound);
    const total = (counts: Record<string, number>) =>
      Object.values(counts).reduce((sum, count) => sum + count, 0);
    expect(total(atTheBound) - total(await stepsBeside(1, BOUND))).toBeLessThanOrEqual(8);
  });

  it.each<OnExceed>(['evict-idlest', 'reject'])(
    'a sign-in with %s reads at most a hundred sessions, however many the user has',
    async (onExceed) => {
      const counts = await stepsAtLimit(crowd, onExceed);
      expect(counts).toEqual(await stepsAtLimit(await userWith(1_000), onExceed));
      expect((counts['hmget'] ?? 0) + (counts['hget'] ?? 0)).toBeLessThanOrEqual(201);
    },
  );
});

describe('the steps of a write', () => {
  it('a commit that leaves the activity as it is takes five commands in its script, and no expiry changes', async () => {
    const { record } = (await signIn('author')) as { record: SessionRecord };
    await own.store.commit(record, fieldChanges({ note: '10' }));
    const present = await own.store.load(record.id);
    const commit = () => own.store.commit(record, fieldChanges({ note: '11' }), { keepActivity: true });
    const counts = await countCommands(own.client, commit);
    expect(counts).toEqual({ evalsha: 1, time: 1, hmget: 1, zscore: 1, hstrlen: 1, hset: 1 });
    const fields = new Map([['note', '11']]);
    expect(await own.store.load(record.id)).toEqual({ ...present, fields });
  });

  it('a commit whose fields grow reads the length of each field, and its activity takes one read of the index', async () => {
    const { record } = (await signIn('novelist')) as { record: SessionRecord };
    await own.store.commit(record, fieldChanges({ note: '1', title: '2' }));
    const counts = await countCommands(own.client, () =>
      own.store.commit(record, fieldChanges({ note: '10' })),
    );
    expect(counts).toMatchObject({ evalsha: 1, hmget: 1, zscore: 1, hkeys: 1, hstrlen: 2, hset: 2 });
    expect(counts).toMatchObject({ zadd: 1, pttl: 1, type: 1 });
    expect(counts).not.toHaveProperty('zrange');
  });

  it('a commit writes its fields with one HSET and removes others with one HDEL, beside the HSET of the activity', async () => {
    const { record } = (await signIn('writer')) as { record: SessionRecord };
    await own.store.commit(record, fieldChanges({ one: '1', two: '2', three: '3' }));
    const changes = fieldChanges({ one: '10', four: '4' }, ['two', 'three']);
    const counts = await countCommands(own.client, () => own.store.commit(record, changes));
    expect(counts).toMatchObject({ evalsha: 1, hset: 2, hdel: 1 });
    expect((await own.store.load(record.id))?.fields).toEqual(
      new Map([
        ['one', '10'],
        ['four', '4'],
      ]),
    );
  });

  it('a sign-in with a device, an address and fields takes one HSET for the facts and one for the fields', async () => {
    const { device, address } = { device: 'Firefox on Linux', address: '192.0.2.1' };
    const intent = {
      ...plainSignIn('labelled'),
      device,
      address,
      changes: fieldChanges({ one: '1', two: '2' }),
    };
    const counts = await countCommands(own.client, () => own.store.signIn(intent));
    expect(counts).toMatchObject({ evalsha: 1, hset: 2 });
    expect(await own.store.load(intent.id)).toMatchObject({ device, address, fields: intent.changes.set });
  });

  it('a commit writes and removes more fields than one command gets', async () => {
    const { record } = (await signIn('collector')) as { record: SessionRecord };
    const names = Array.from({ length: 1_001 }, (_, index) => `field${index}`);
    const fields = Object.fromEntries(names.map((name, index) => [name, String(index)]));
    const setting = await countCommands(own.client, () => own.store.commit(record, fieldChanges(fields)));
    expect(setting['hset']).toBe(3 + 1);
    expect((await own.store.load(record.id))?.fields).toEqual(new Map(Object.entries(fields)));
    const removing = await countCommands(own.client, () => own.store.commit(record, fieldChanges({}, names)));
    expect(removing['hdel']).toBe(2);
    expect((await own.store.load(record.id))?.fields).toEqual(new Map());
  });
});

describe('operations on all sessions of a user', () => {
  it("listing a user's sessions runs scripts of a hundred sessions each", async () => {
    const user = await userWith(1_000);
    const counts = await countCommands(own.client, async () => {
      const listed = await own.store.list(user);
      expect(listed).toHaveLength(1_000);
      expect(listed[0]?.id.endsWith('01000')).toBe(true); // the latest sign-in
    });
    expect((counts['evalsha'] ?? 0) + (counts['eval'] ?? 0)).toBeGreaterThanOrEqual(10);
    expect(counts['hmget']).toBe(1_000);
  });

  it(
    'other users and the same user can sign in while 100,000 sessions are revoked',
    async () => {
      const live = await own.client.zcount(keys.index(shardOfUser(crowd), crowd), 0, '+inf');
      const cut = keys.cut(shardOfUser(crowd), crowd);
      let isOver = false;
      const signedIn: SessionRecord[] = [];
      const signsIn = async (user: string) => {
        const outcome = await signIn(user);
        expect(outcome.status).toBe('signed-in');
        if (outcome.status === 'signed-in') signedIn.push(outcome.record);
      };
      const counts = await countCommands(own.client, async () => {
        const revoking = own.store.revokeAll(crowd, REVOKED, null).finally(() => (isOver = true));
        for (let number = 0; !isOver; number++) {
          const isCut = (await own.client.exists(cut)) === 1;
          await Promise.all([signsIn(`other${number}`), ...(isCut ? [signsIn(crowd)] : [])]);
        }
        expect(await revoking).toHaveLength(live);
      });
      expect(counts['evalsha']).toBeGreaterThanOrEqual(CROWD / 100);
      expect(signedIn.filter(({ userId }) => userId === crowd).length).toBeGreaterThan(0);
      for (const record of signedIn) expect(await own.store.touch(record)).toBe(true);
    },
    WITHIN_MS,
  );

  it('a revocation cuts off all sessions at once: a session that is still to be ended can be neither written nor touched', async () => {
    const user = await userWith(3);
    const records = await own.store.list(user);
    const shard = shardOfUser(user);
    const names = [
      keys.index(shard, user),
      keys.cut(shard, user),
      keys.sessionsOf(shard),
      keys.goneOf(shard),
    ];
    await runScript(own.client, 'revoke_all', names, ['{"reason":"revoked"}', 60_000, '', 1, 0]);
    const left = [];
    for (const record of records) if (await own.store.load(record.id)) left.push(record);
    expect(left).toHaveLength(2);
    expect(await own.store.list(user)).toEqual([]);
    for (const record of left) {
      expect(await own.store.touch(record)).toBe(false);
      expect(await own.store.load(record.id)).toBeNull();
      expect(await own.store.endOf(record.id)).toMatchObject(REVOKED);
    }
  });

  it('a revocation that fails part-way reports the sessions it ended, and the next call ends exactly the rest', async () => {
    const user = await userWith(600);
    const all = await own.store.list(user);
    const doomed = new Redis(own.client.options.port as number, { maxRetriesPerRequest: 0 });
    await doomed.ping();
    doomed.options.enableOfflineQueue = false;
    const ending: ConstructorParameters<typeof RedisStore>[1]['ending'] = {
      // The first step succeeds, and then the connection is lost.
      run: async (script, _call, names, args) => {
        const reply = await runScript(doomed, script, names, args);
        doomed.disconnect();
        return reply;
      },
    };
    const store = new RedisStore(doomed, {
      prefix: 'session:',
      deadlineMs: 1_000,
      noticeTtlMs: 60_000,
      ending,
    });
    const failure = await store.revokeAll(user, REVOKED, null).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SessionUnavailableError);
    const { ended, detail } = failure as SessionUnavailableError;
    expect(ended).toHaveLength(100);
    expect(detail).toMatch(
      /end a user's sessions.*\(100 of them have ended; repeat the call to end the rest\)/,
    );

    const later = await signIn(user, { max: 1, onExceed: 'reject' });
    expect(later.status).toBe('signed-in');
    const rest = await own.store.revokeAll(
      user,
      REVOKED,
      later.status === 'signed-in' ? later.record.id : null,
    );
    expect([...ended, ...rest].sort()).toEqual(all.map(({ id }) => id).sort());
    expect(await own.store.list(user)).toHaveLength(1);
  });
});

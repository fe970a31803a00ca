import type { SessionRecord } from 'nestjs-redis-session';
import { handleOf, rotationKeys, shardOf } from 'nestjs-redis-session/core';
import { fieldChanges, plainSignIn } from 'nestjs-redis-session/testing';
import { RedisKeys } from '../support/white-box.js';
import { OwnRedis } from './own-redis.js';

const SESSIONS = 2_000;
const keys = new RedisKeys('session:');

const own = OwnRedis.forSpec();

/** Returns the standard session of the design: a user, an email, two roles and four times. */
function standardSignIn(userId: string) {
  const data = fieldChanges({ email: '"alice.liddell@example.com"', roles: '["editor","reviewer"]' });
  return { ...plainSignIn(userId), changes: data };
}

async function bytesOf(intent: ReturnType<typeof standardSignIn>): Promise<number> {
  await own.store.signIn(intent);
  const { id, userId } = intent;
  const session = await own.client.memory('USAGE', keys.session(id));
  const index = await own.client.memory('USAGE', keys.index(shardOf(id), userId));
  return Number(session) + Number(index);
}

async function usedMemory(): Promise<number> {
  const [, bytes] = /^used_memory:(\d+)/m.exec(await own.client.info('memory')) ?? [];
  return Number(bytes);
}

describe('the memory that a session takes in Redis', () => {
  it('the standard session with its index takes at most 420 bytes', async () => {
    const bytes = await bytesOf(standardSignIn('user-1001'));
    console.log(`A standard session with its index takes ${bytes} bytes.`);
    expect(bytes).toBeLessThanOrEqual(420);
  });

  it('a device and an address add little, and leave the hash compact', async () => {
    const intent = { ...standardSignIn('user-1002'), device: 'Mobile Safari on iOS', address: '2001:db8::1' };
    const bytes = await bytesOf(intent);
    console.log(`With a device and an address it takes ${bytes} bytes.`);
    expect(bytes).toBeLessThanOrEqual(450);
    expect(await own.client.object('ENCODING', keys.session(intent.id))).toMatch(
      /^(list|zip)pack$|^ziplist$/,
    );
  });

  it('a session of a user with a long id stays compact with a device, an address, own timeouts and a rotated token', async () => {
    const intent = {
      ...standardSignIn('9b2f3c1e-6d0a-4f57-8e11-0c5d7a94b6e2'),
      ...{ device: 'Mobile Safari on iOS', address: '2001:db8:1111:2222:3333:4444:5555:6666' },
      ...{ persistent: true, own: ['idle', 'end'] as const },
    };
    await own.store.signIn(intent);
    const record = (await own.store.load(intent.id)) as SessionRecord;
    const from = handleOf(record.id);
    const rotation = await own.store.rotate({ record, from, to: 'x'.repeat(22), keys: rotationKeys() });
    await own.store.confirmRotation({ ...record, rotation }, 30_000);
    const key = keys.session(intent.id);
    const { s = '', a = '', r = '', p = '' } = await own.client.hgetall(key);
    // Above 64 bytes Redis stores the hash in a larger form. The first time of a token grows to eleven digits in three years.
    const later = [r, p].map((text) => text.replace(/\d+/, '99999999999'));
    expect(Math.max(...[s, a, ...later].map((text) => text.length))).toBeLessThanOrEqual(64);
    expect(await own.client.object('ENCODING', key)).toMatch(/^(list|zip)pack$|^ziplist$/);
  });

  it("a session takes at most 650 bytes in all, with the server's overhead for keys", async () => {
    const before = await usedMemory();
    for (let number = 0; number < SESSIONS; number++)
      await own.store.signIn(standardSignIn(`user-${2_000 + number}`));
    const bytes = Math.round(((await usedMemory()) - before) / SESSIONS);
    console.log(`Of ${SESSIONS} users with a session each, one takes ${bytes} bytes of the server's memory.`);
    expect(bytes).toBeLessThanOrEqual(650);
  });
});

import { jest } from '@jest/globals';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { RedisStore } from 'nestjs-redis-session';
import { freshId, plainSignIn } from 'nestjs-redis-session/testing';
import type { RedisServer } from '../support/redis-server.js';
import { startRedisServer } from '../support/redis-server.js';

const COUNT = 20;

let server: RedisServer;
let client: Redis;
let store: RedisStore;

beforeAll(async () => {
  server = await startRedisServer();
  client = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
  await once(client, 'ready');
  store = new RedisStore(client, { prefix: 'session:', deadlineMs: 5_000, noticeTtlMs: 60_000 });
});

afterAll(async () => {
  if (client.status !== 'end') client.disconnect();
  await server.stop();
});

/** Records the number of pieces of data in each write to the socket during an operation. */
async function watchWrites(action: () => Promise<unknown>): Promise<number[]> {
  const write = jest.spyOn(client.stream, '_write');
  const writeTogether = jest.spyOn(client.stream, '_writev' as '_write');
  try {
    await action();
    const together = writeTogether.mock.calls as unknown as [chunks: unknown[]][];
    return [...write.mock.calls.map(() => 1), ...together.map(([chunks]) => chunks.length)];
  } finally {
    write.mockRestore();
    writeTogether.mockRestore();
  }
}

function loadMany(): Promise<unknown[]> {
  return Promise.all(Array.from({ length: COUNT }, () => store.load(freshId())));
}

describe('calls in the same tick', () => {
  it('calls in the same tick leave in one write', async () => {
    expect(await watchWrites(loadMany)).toEqual([COUNT]);
  });

  it('commands and scripts of one tick leave in one write, and each gets its own reply', async () => {
    const intents = Array.from({ length: COUNT }, (_, index) => plainSignIn(`user-${index}`));
    await store.signIn(plainSignIn('first')); // from now on the server has the script
    const writes = await watchWrites(async () => {
      const outcomes = intents.map((intent) => store.signIn(intent));
      await loadMany();
      expect((await Promise.all(outcomes)).map(({ status }) => status)).toEqual(
        intents.map(() => 'signed-in'),
      );
    });
    expect(writes).toEqual([2 * COUNT]);
    const records = await Promise.all(intents.map(({ id }) => store.load(id)));
    expect(records.map((record) => record?.userId)).toEqual(intents.map(({ userId }) => userId));
  });

  it('a call does not wait for calls of later ticks', async () => {
    expect(await watchWrites(() => loadMany().then(loadMany))).toEqual([COUNT, COUNT]);
  });

  it('all calls of a tick fail if the connection is lost, as a single call does', async () => {
    const calls = loadMany();
    client.stream.destroy();
    await expect(calls).rejects.toThrow('load a session');
    await expect(store.load(freshId())).rejects.toThrow('load a session');
  });
});

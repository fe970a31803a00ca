import { RedisStore } from 'nestjs-redis-session';
import { shardOfUser } from 'nestjs-redis-session/core';
import { plainSignIn } from 'nestjs-redis-session/testing';
import { openRedis, type RedisConnection } from '../support/white-box.js';
import { deleteKeys, findKeys } from '../store/redis-keyspace.js';
import type { ClusterTopology } from '../support/redis-cluster.js';
import { startCluster } from '../support/redis-cluster.js';
import { canRunTopologies } from '../support/redis-node.js';

const PREFIX = 'session:';
const DEADLINE_MS = 5_000;
const WITHIN_MS = 60_000;
const MASTERS = 3;
const USERS = 10_000;
const SAMPLE = 3_000;
const BATCH = 500;
/** Four standard deviations of a share of one third, to be divided by the square root of the number of keys. */
const TOLERANCE = 4 * Math.sqrt((1 / 3) * (2 / 3));

let cluster: ClusterTopology;
let connection: RedisConnection;
let store: RedisStore;

(canRunTopologies ? describe : describe.skip)('the slots of keys in a Cluster', () => {
  beforeAll(async () => {
    cluster = await startCluster();
    connection = await openRedis(cluster.target, DEADLINE_MS, () => undefined);
    store = new RedisStore(connection.client, {
      prefix: PREFIX,
      deadlineMs: DEADLINE_MS,
      noticeTtlMs: 60_000,
    });
  }, WITHIN_MS);
  afterAll(async () => {
    await connection?.close();
    await cluster?.stop();
  });

  it('the sessions, the index and the notices of a user share one slot', async () => {
    const limit = { max: 2, onExceed: 'evict-oldest' } as const;
    for (const user of ['alice', 'bob', 'user:with:{braces}', 'Übung']) {
      await deleteKeys(connection.client, PREFIX);
      for (let time = 0; time < 3; time++) await store.signIn({ ...plainSignIn(user), limit });
      const keys = await findKeys(connection.client, PREFIX);
      expect(keys).toHaveLength(4); // two sessions, an index, a notice
      const slots = await Promise.all(keys.map((key) => cluster.slotOf(key)));
      expect(new Set(slots).size).toBe(1);
    }
  });

  it('the slots of 10,000 users are spread evenly over the masters, whatever their ids', async () => {
    const kinds: Record<string, (index: number) => string> = {
      numbers: (index) => String(index),
      addresses: (index) => `user${index}@example.org`,
      hexadecimal: (index) => (index * 2_654_435_761).toString(16).padStart(24, '0'),
    };
    for (const [kind, idOf] of Object.entries(kinds)) {
      const slots = await slotsOfUsers(idOf);
      const shares = await sharesOf(slots);
      console.log(
        `${USERS} users with ${kind} as ids: ${shares.map(percent).join(', ')} on the three masters.`,
      );
      expectEven(shares, USERS);
      expect(new Set(slots).size).toBeGreaterThan(7_300); // 16,384 * (1 - e ** (-10,000 / 16,384)) = 7,485
    }
  });

  it(
    'stored sessions are spread evenly over the masters',
    async () => {
      await deleteKeys(connection.client, PREFIX);
      const users = Array.from({ length: SAMPLE }, (_, index) => `customer-${index}`);
      for (let from = 0; from < SAMPLE; from += 500) {
        await Promise.all(users.slice(from, from + 500).map((user) => store.signIn(plainSignIn(user))));
      }
      const counts = await Promise.all((await cluster.masters()).map((master) => master.ask('DBSIZE')));
      const keys = counts.map(Number);
      expect(keys.reduce((sum, count) => sum + count, 0)).toBe(2 * SAMPLE); // a session and an index each
      const shares = keys.map((count) => count / (2 * SAMPLE));
      console.log(`${SAMPLE} stored sessions: ${shares.map(percent).join(', ')} on the three masters.`);
      expectEven(shares, SAMPLE);
    },
    WITHIN_MS,
  );
});

/** Returns the share of these slots on each master. */
async function sharesOf(slots: readonly number[]): Promise<number[]> {
  const ranges = await cluster.ranges();
  const counts = (await cluster.masters()).map((master) => {
    const own = ranges.filter(({ node }) => node === master);
    return slots.filter((slot) => own.some(({ from, to }) => from <= slot && slot <= to)).length;
  });
  return counts.map((count) => count / slots.length);
}

function expectEven(shares: readonly number[], count: number): void {
  expect(shares).toHaveLength(MASTERS);
  for (const share of shares)
    expect(Math.abs(share - 1 / MASTERS)).toBeLessThan(TOLERANCE / Math.sqrt(count));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Queries the slots of users in batches: a busy machine cannot answer ten thousand commands before the client's deadline. */
async function slotsOfUsers(idOf: (index: number) => string): Promise<number[]> {
  const slots: number[] = [];
  for (let from = 0; from < USERS; from += BATCH) {
    const shards = Array.from({ length: BATCH }, (_, index) => shardOfUser(idOf(from + index)));
    slots.push(...(await Promise.all(shards.map((shard) => cluster.slotOf(`{${shard}}`)))));
  }
  return slots;
}

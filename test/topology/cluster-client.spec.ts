import { setTimeout as wait } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import type { SessionRecord } from 'nestjs-redis-session';
import { RedisStore, SessionUnavailableError } from 'nestjs-redis-session';
import type { RedisConnection } from '../../libs/session/src/redis/client.js';
import { openRedis } from '../../libs/session/src/redis/client.js';
import {
  changes,
  freshId,
  LONG,
  plainSignIn,
} from '../../libs/session/src/testing/store-conformance.stage.js';
import { failureOf } from '../support/failure.js';
import type { ClusterTopology } from '../support/redis-cluster.js';
import { startCluster } from '../support/redis-cluster.js';
import type { RedisNode } from '../support/redis-node.js';
import { canRunTopologies } from '../support/redis-node.js';
import { eventually, until } from '../support/until.js';
import type { Traffic } from './support/traffic.js';
import { settle, touchAll } from './support/traffic.js';
import { watchRejections } from './support/rejections.js';

const DEADLINE_MS = 250;
/** What a loaded machine may take on top before a timer runs. */
const SLACK_MS = 750;
const WITHIN_MS = 60_000;
const PREFIX = 'session:';
/** What the warning asks for. */
const SAFE = { enableOfflineQueue: false, retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 };

let cluster: ClusterTopology;
let connection: RedisConnection;
let client: Cluster;
let store: RedisStore;
const warnings: string[] = [];

(canRunTopologies ? describe : describe.skip)('a client for a Cluster', () => {
  watchRejections();
  beforeAll(async () => {
    cluster = await startCluster();
  }, WITHIN_MS);
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    warnings.length = 0;
    connection = await openRedis(cluster.target, DEADLINE_MS, warn);
    client = connection.client as Cluster;
    store = storeOn(client);
  });
  afterEach(async () => {
    await connection.close();
    await until('a client that is at its end', 3_000, () => client.status === 'end');
    await cluster.heal();
  }, WITHIN_MS);

  it('serves 200 calls at once, on all nodes, from the first moment', async () => {
    const outcomes = await Promise.allSettled(users(200).map((user) => store.signIn(plainSignIn(user))));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  it('never sends a command again when its answer was lost', async () => {
    const key = `${PREFIX}counter`;
    await client.del(key);
    const master = await cluster.masterOf(await cluster.slotOf(key));
    const reply = client.incr(key);
    cutConnectionTo(master);
    await expect(reply).rejects.toThrow();
    await wait(500);
    expect(await master.ask('GET', key)).toBe('1');
  });

  it('connects again by itself when its connections were cut, so that nobody notices', async () => {
    for (const master of await cluster.masters()) {
      await master.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    }
    await until('connections to all masters', 3_000, () => readyMasters() === 3);
    const outcomes = await Promise.allSettled(users(50).map((user) => store.list(user)));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  it('follows keys to another node while their slot moves and after it has moved', async () => {
    const { id, slot, from, to } = await somewhere();
    await cluster.beginMove(slot, to);
    const record = await store.create({ id, timeouts: LONG, persistent: false, fields: new Map() });
    expect(await to.ask('CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe(1);
    expect(await store.commit(record, changes({ cart: '[]' }))).toBe(true);
    const another = storeOn(client); // which has not seen the session
    expect(await another.load(id, { onAbsent: () => undefined })).not.toBeNull();
    await cluster.endMove(slot, to);
    expect((await store.load(id))?.fields.get('cart')).toBe('[]');
    await store.destroy(id, { reason: 'destroyed' });
    await moveBack(slot, to, from);
  });

  it('fails as unavailable and in time when a script needs keys of a slot that is half moved', async () => {
    await signInOnEachMaster(); // so that all have the script
    const { slot, to } = await somewhere('alice');
    await cluster.beginMove(slot, to);
    const { error, tookMs } = await failureOf(() => store.signIn(plainSignIn('alice')));
    expect(error).toBeInstanceOf(SessionUnavailableError);
    expect(tookMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
    await cluster.cancelMove(slot);
    await wait(200); // it is not tried any more, now that it could succeed
    expect(await store.list('alice')).toEqual([]);
  });

  it('survives a node that falls silent while it is asked for a key on the move', async () => {
    const { id, slot, to } = await somewhere();
    await cluster.beginMove(slot, to);
    await to.ask('CLIENT', 'PAUSE', 1_300, 'ALL');
    const { error, tookMs } = await failureOf(() => store.load(id));
    expect(error).toBeInstanceOf(SessionUnavailableError);
    expect(tookMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
    await wait(1_300); // until nothing is under way any more that could be rejected unseen
    await cluster.cancelMove(slot);
  });

  it(
    'fails in time and with one kind of error while a master is dead, and finds its successor',
    async () => {
      const handedIn = await openHandedIn();
      const records = await signInOnEachMaster();
      const [own, other] = [store, storeOn(handedIn)].map((each) => touchAll(each, records)) as [
        Traffic,
        Traffic,
      ];
      await cluster.failover(0, 'kill');
      await settle(own, other);
      console.log(own.describe('A Cluster whose master was killed, our client'));
      console.log(other.describe('A Cluster whose master was killed, a client that was handed in'));
      expect(own.failures.length).toBeGreaterThan(0);
      for (const { strangeFailures, slowestMs } of [own, other]) {
        expect(strangeFailures).toEqual([]);
        expect(slowestMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
      }
      await assertAllLive(records);
      await handedIn.quit();
    },
    WITHIN_MS,
  );

  it(
    'finds the successor of a master that is silent, too',
    async () => {
      const records = await signInOnEachMaster();
      const traffic = touchAll(store, records);
      const [silent] = (await cluster.masters()) as [RedisNode];
      await silent.signal('SIGSTOP');
      try {
        await until('a failover', 15_000, async () => !(await cluster.masters()).includes(silent));
        await settle(traffic);
      } finally {
        await silent.signal('SIGCONT');
      }
      console.log(traffic.describe('A Cluster whose master fell silent'));
      expect(traffic.failures.length).toBeGreaterThan(0);
      expect(traffic.strangeFailures).toEqual([]);
      expect(traffic.slowestMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
      await assertAllLive(records);
    },
    WITHIN_MS,
  );

  it(
    'follows a planned failover without a single failure',
    async () => {
      const records = await signInOnEachMaster();
      const traffic = touchAll(store, records);
      await cluster.failover(1, 'order');
      await settle(traffic);
      console.log(traffic.describe('A Cluster with a planned failover'));
      expect(traffic.failures.map(({ error }) => String(error))).toEqual([]);
      await assertAllLive(records);
    },
    WITHIN_MS,
  );

  it('a client that was passed in while connecting serves all nodes when the module has started', async () => {
    // ioredis connects to a node at the first command for it, and fails those that come before it is connected.
    for (let start = 0; start < 20; start++) {
      const handedIn = await openHandedIn();
      await expect(storeOn(handedIn).ping()).resolves.toBeUndefined();
      const lists = await Promise.allSettled(users(12).map((user) => storeOn(handedIn).list(user)));
      expect(lists.filter(({ status }) => status === 'rejected')).toEqual([]);
      await handedIn.quit();
    }
  });

  it('a client that was passed in is restored when the module has closed', async () => {
    const handedIn = new Cluster([...cluster.target.cluster], SAFE);
    const before = countListeners(handedIn);
    const { close } = await openRedis(handedIn, DEADLINE_MS, warn);
    expect(countListeners(handedIn)).not.toEqual(before);
    await close();
    expect(countListeners(handedIn)).toEqual(before);
    await handedIn.quit();
  });

  it('a client that was passed in with options that are unsafe on a Cluster is logged', async () => {
    const unsafe = new Cluster([...cluster.target.cluster], { scaleReads: 'slave' });
    await openRedis(unsafe, DEADLINE_MS, warn);
    expect(warnings.join()).toMatch(/retryDelayOnFailover: .*retryDelayOnClusterDown: .*scaleReads: /);
    expect(warnings.join()).toContain(
      'Create it with { enableOfflineQueue: false, retryDelayOnFailover: 0, retryDelayOnClusterDown: 0, scaleReads: "master" }',
    );
    await unsafe.quit();
  });
});

function warn(message: string): void {
  warnings.push(message);
}

function countListeners(redis: Cluster): Record<string, number> {
  const events = ['error', 'ready', '+node', '-node'];
  return Object.fromEntries(events.map((event) => [event, redis.listenerCount(event)]));
}

function storeOn(redis: Cluster): RedisStore {
  return new RedisStore(redis, { prefix: PREFIX, deadlineMs: DEADLINE_MS, noticeTtlMs: 60_000 });
}

/** A client of the application's own, made as the warning asks for it. It is still connecting. */
async function openHandedIn(): Promise<Cluster> {
  const handedIn = new Cluster([...cluster.target.cluster], SAFE);
  handedIn.on('error', () => undefined);
  await openRedis(handedIn, DEADLINE_MS, warn);
  expect(warnings).toEqual([]);
  expect(handedIn.status).toBe('ready');
  return handedIn;
}

/** A fresh session id, its slot, the node that has the slot, and another. */
async function somewhere(userId?: string) {
  const id = userId === undefined ? freshId() : plainSignIn(userId).id;
  const slot = await cluster.slotOf(sessionKey(id));
  const from = await cluster.masterOf(slot);
  const to = (await cluster.masters()).find((node) => node !== from) as RedisNode;
  return { id, slot, from, to };
}

/** A slot can only be moved by hand where it is empty. */
async function moveBack(slot: number, from: RedisNode, to: RedisNode): Promise<void> {
  const keys = (await from.ask('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
  if (keys.length > 0) await from.ask('DEL', ...keys);
  await cluster.beginMove(slot, to);
  await cluster.endMove(slot, to);
}

function sessionKey(id: string): string {
  return `${PREFIX}{${id.slice(0, 3)}}:${id.slice(3)}`;
}

function users(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `user-${index}`);
}

/** Signed-in sessions, so many that each master has some. */
async function signInOnEachMaster(): Promise<SessionRecord[]> {
  const outcomes = await Promise.all(
    users(12).map((user) => eventually(() => store.signIn(plainSignIn(user)))),
  );
  await cluster.untilReplicated();
  return outcomes.flatMap((outcome) => (outcome.status === 'signed-in' ? [outcome.record] : []));
}

async function assertAllLive(records: readonly SessionRecord[]): Promise<void> {
  for (const { id, userId } of records) expect(await store.load(id)).toMatchObject({ id, userId });
}

function readyMasters(): number {
  return client.nodes('master').filter(({ status }) => status === 'ready').length;
}

/** At once, so that what was sent arrives and its answer does not. */
function cutConnectionTo({ port }: RedisNode): void {
  const node = client.nodes().find(({ options }) => options.port === port);
  (node as unknown as { stream: { destroy(): void } }).stream.destroy();
}

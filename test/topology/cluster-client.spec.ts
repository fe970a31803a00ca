import { setTimeout as wait } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import type { SessionRecord } from 'nestjs-redis-session';
import { RedisStore, SessionUnavailableError } from 'nestjs-redis-session';
import { fieldChanges, freshId, LONG_TIMEOUTS, plainSignIn } from 'nestjs-redis-session/testing';
import { openRedis, type RedisConnection } from '../support/white-box.js';
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
/** Delay of a timer on a busy machine, on top of its time. */
const SLACK_MS = 750;
const WITHIN_MS = 60_000;
const PREFIX = 'session:';
/** Options that the warning recommends. */
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

  it('a new client serves 200 parallel calls on all nodes straight away', async () => {
    const outcomes = await Promise.allSettled(users(200).map((user) => store.signIn(plainSignIn(user))));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  it('a command whose reply was lost is never sent again', async () => {
    const key = `${PREFIX}counter`;
    await client.del(key);
    const master = await cluster.masterOf(await cluster.slotOf(key));
    const reply = client.incr(key);
    cutConnectionTo(master);
    await expect(reply).rejects.toThrow();
    await wait(500);
    expect(await master.ask('GET', key)).toBe('1');
  });

  it('a client reconnects when its connections are cut, and every later call succeeds', async () => {
    for (const master of await cluster.masters()) {
      await master.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    }
    await until('connections to all masters', 3_000, () => readyMasters() === 3);
    const outcomes = await Promise.allSettled(users(50).map((user) => store.list(user)));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  it('a client follows keys to another node while their slot is being moved, and afterwards', async () => {
    const { id, slot, from, to } = await somewhere();
    await cluster.beginMove(slot, to);
    const record = await store.create({ id, timeouts: LONG_TIMEOUTS, persistent: false, fields: new Map() });
    expect(await to.ask('CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe(1);
    expect(await store.commit(record, fieldChanges({ cart: '[]' }))).toBe(true);
    const another = storeOn(client); // has never loaded the session
    expect(await another.load(id, { onAbsent: () => undefined })).not.toBeNull();
    await cluster.endMove(slot, to);
    expect((await store.load(id))?.fields.get('cart')).toBe('[]');
    await store.destroy(id, { reason: 'destroyed' });
    await moveBack(slot, to, from);
  });

  it('a script that needs keys on both sides of a slot migration fails as unavailable within the deadline', async () => {
    await signInOnEachMaster(); // from now on all masters have the script
    const { slot, to } = await somewhere('alice');
    await cluster.beginMove(slot, to);
    const { error, tookMs } = await failureOf(() => store.signIn(plainSignIn('alice')));
    expect(error).toBeInstanceOf(SessionUnavailableError);
    expect(tookMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
    await cluster.cancelMove(slot);
    await wait(200); // the script is not sent again, although it could succeed now
    expect(await store.list('alice')).toEqual([]);
  });

  it('a node that falls silent while it serves a migrating key leaves no unhandled rejection', async () => {
    const { id, slot, to } = await somewhere();
    await cluster.beginMove(slot, to);
    await to.ask('CLIENT', 'PAUSE', 1_300, 'ALL');
    const { error, tookMs } = await failureOf(() => store.load(id));
    expect(error).toBeInstanceOf(SessionUnavailableError);
    expect(tookMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
    await wait(1_300); // until no command is under way that could be rejected unhandled
    await cluster.cancelMove(slot);
  });

  it(
    'calls fail within the deadline with one kind of error while a master is dead, and the client finds its successor',
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
      console.log(other.describe('A Cluster whose master was killed, a client that was passed in'));
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
    'a client finds the successor of a silent master',
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
    'a client follows a planned failover without a single failure',
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
    // ioredis connects to a node at its first command, and fails the commands that come before the connection.
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

/** Opens a client of the application with the options that the warning recommends; it is passed in while connecting. */
async function openHandedIn(): Promise<Cluster> {
  const handedIn = new Cluster([...cluster.target.cluster], SAFE);
  handedIn.on('error', () => undefined);
  await openRedis(handedIn, DEADLINE_MS, warn);
  expect(warnings).toEqual([]);
  expect(handedIn.status).toBe('ready');
  return handedIn;
}

/** Returns a new session id, its slot, the master of the slot and another master. */
async function somewhere(userId?: string) {
  const id = userId === undefined ? freshId() : plainSignIn(userId).id;
  const slot = await cluster.slotOf(sessionKey(id));
  const from = await cluster.masterOf(slot);
  const to = (await cluster.masters()).find((node) => node !== from) as RedisNode;
  return { id, slot, from, to };
}

/** Moves a slot back, after its keys are deleted: only an empty slot can be moved by hand. */
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

/** Signs in enough users that each master has some of their sessions. */
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

/** Cuts a connection immediately, so that the commands arrive but their replies do not. */
function cutConnectionTo({ port }: RedisNode): void {
  const node = client.nodes().find(({ options }) => options.port === port);
  (node as unknown as { stream: { destroy(): void } }).stream.destroy();
}

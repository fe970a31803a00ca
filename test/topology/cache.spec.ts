import { setTimeout as wait } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import type { RedisStore, SessionRecord } from 'nestjs-redis-session';
import { shardOf } from 'nestjs-redis-session/core';
import { RedisKeys } from '../support/white-box.js';
import { CachedProcess, newPrefix, PATIENCE_MS } from '../cache/support/cached-process.js';
import type { ClusterTopology } from '../support/redis-cluster.js';
import { startCluster } from '../support/redis-cluster.js';
import { canRunTopologies, HOST, type RedisNode } from '../support/redis-node.js';
import type { SentinelTopology } from '../support/redis-sentinel.js';
import { startSentinel } from '../support/redis-sentinel.js';
import { eventually, until } from '../support/until.js';
import { watchRejections } from './support/rejections.js';

const WITHIN_MS = 120_000;
const REVOKED = { reason: 'revoked' } as const;
const USERS = Array.from({ length: 12 }, (_, n) => `user-${n}`);

const onTopologies = canRunTopologies ? describe : describe.skip;

let prefix: string;
let cached: CachedProcess;
/** Another process, which changes sessions. */
let other: CachedProcess;

beforeEach(() => (prefix = newPrefix()));
afterEach(async () => {
  await cached?.close();
  await other?.close();
});

async function openOn(target: Parameters<typeof CachedProcess.open>[0]): Promise<void> {
  cached = await CachedProcess.open(target, { prefix });
  other = await CachedProcess.open(target, { prefix });
}

/** Waits until a change by the other process is visible in the process with the cache. */
async function seesEndOf(record: SessionRecord): Promise<void> {
  await eventually(() => other.store.destroy(record.id, REVOKED), PATIENCE_MS);
  await cached.untilGone(record);
}

onTopologies('the cache behind Sentinel', () => {
  let topology: SentinelTopology;

  watchRejections();
  beforeAll(async () => {
    topology = await startSentinel();
  }, WITHIN_MS);
  afterAll(() => topology?.stop());
  beforeEach(() => openOn(topology.target));
  afterEach(() => topology.heal(), WITHIN_MS);

  it.each(['order', 'kill'] as const)(
    'the cache follows the master after a failover by %s, and drops its copies from the old master',
    async (how) => {
      const [stays, ends] = [await cached.signedIn('alice'), await cached.signedIn('bob')];
      await topology.untilReplicated();
      await topology.failover(how);
      await until('a cache that was put out of use', PATIENCE_MS, () => cached.statistics.flushes > 0);
      await seesEndOf(ends);
      await eventually(() => cached.untilKept(stays), PATIENCE_MS);
      expect(cached.statistics.state).toBe('coherent');
      const before = cached.statistics.invalidations;
      await seesEndOf(stays);
      expect(cached.statistics.invalidations).toBeGreaterThan(before);
    },
    WITHIN_MS,
  );

  it(
    'a process with a cache reads its own writes while masters change',
    async () => {
      const record = await cached.signedIn('alice');
      let written = 0;
      let isOver = false;
      const writing = (async () => {
        while (!isOver) {
          const next = written + 1;
          const set = new Map([['n', String(next)]]);
          const isStored = await cached.store.commit(record, { set, remove: [] }).catch(() => null);
          if (isStored !== true) {
            await wait(20);
            continue;
          }
          written = next;
          const read = await cached.store.load(record.id).catch(() => null);
          if (read && cached.store.isCopy?.(read)) expect(read.fields.get('n')).toBe(String(next));
        }
      })();
      await topology.failover('order');
      isOver = true;
      await writing;
      expect(written).toBeGreaterThan(0);
    },
    WITHIN_MS,
  );
});

onTopologies('the cache in a Cluster', () => {
  let topology: ClusterTopology;

  watchRejections();
  beforeAll(async () => {
    topology = await startCluster();
  }, WITHIN_MS);
  afterAll(() => topology?.stop());
  beforeEach(() => openOn(topology.target));
  afterEach(() => topology.heal(), WITHIN_MS);

  const masterOf = async (record: SessionRecord): Promise<RedisNode> =>
    topology.masterOf(await topology.slotOf(`{${shardOf(record.id)}}`));

  async function signInAll(): Promise<SessionRecord[]> {
    const records: SessionRecord[] = [];
    for (const user of USERS) records.push(await cached.signedIn(user));
    return records;
  }

  /** Records the state of the cache whenever its client drops a node. */
  function statesAtLostNodes(): string[] {
    const states: string[] = [];
    (cached.connection.client as Cluster).on('-node', () => states.push(cached.statistics.state));
    return states;
  }

  async function countOf(event: 'cache-bypassed' | 'cache-restored', node: RedisNode): Promise<number> {
    const events = await cached.eventsOf(event);
    return events.filter(({ server }) => server === `${HOST}:${node.port}`).length;
  }

  it('the cache receives invalidations from every master', async () => {
    const records = await signInAll();
    expect(new Set(await Promise.all(records.map(masterOf))).size).toBe(3);
    expect(cached.statistics).toMatchObject({ state: 'coherent', entries: USERS.length });
    for (const record of records) await seesEndOf(record);
    expect(cached.statistics.invalidations).toBeGreaterThanOrEqual(USERS.length);
  });

  it(
    'the cache follows a master that is replaced, and reports the end of its outage',
    async () => {
      const records = await signInAll();
      const old = (await topology.masters())[0] as RedisNode;
      const served = await Promise.all(records.map(masterOf));
      await topology.untilReplicated();
      await topology.failover(0, 'order');
      for (const [index, record] of records.entries()) {
        if (served[index] === old) await seesEndOf(record);
        else await eventually(() => cached.untilKept(record), PATIENCE_MS);
      }
      await until('a cache that is whole', PATIENCE_MS, () => cached.statistics.state === 'coherent');
      await until('a report', PATIENCE_MS, async () => (await countOf('cache-restored', old)) === 1);
      expect(await countOf('cache-bypassed', old)).toBe(1);
      await eventually(() => cached.signedIn(USERS[0] as string), PATIENCE_MS);
    },
    WITHIN_MS,
  );

  it(
    'the cache stays in use for the other masters when one dies, and reports one outage until the successor is tracked',
    async () => {
      const records = await signInAll();
      const dead = (await topology.masters())[1] as RedisNode;
      const served = await Promise.all(records.map(masterOf));
      await topology.untilReplicated();
      // Without this, the replica takes over within seconds, before the test has observed the state.
      await topology.holdFailover(dead);
      const states = statesAtLostNodes();
      await dead.kill();
      // ioredis drops a node when its connection is lost, and again at each refused connection.
      await until('lost connections', PATIENCE_MS, () => states.length >= 3);
      expect(new Set(states)).toEqual(new Set(['partly']));
      expect(await countOf('cache-bypassed', dead)).toBe(1);
      expect(cached.statistics.reason).not.toBeNull();
      const elsewhere = records.find((_, index) => served[index] !== dead) as SessionRecord;
      const copy = await cached.store.load(elsewhere.id);
      expect(copy && cached.store.isCopy?.(copy)).toBe(true);
      expect(await countOf('cache-restored', dead)).toBe(0);
      await topology.releaseFailovers();
      await until('a successor', PATIENCE_MS, async () => !(await topology.masters()).includes(dead));
      await cached.untilCoherent();
      await until('a report', PATIENCE_MS, async () => (await countOf('cache-restored', dead)) === 1);
      expect(await countOf('cache-bypassed', dead)).toBe(1);
      for (const record of records) await seesEndOf(record);
    },
    WITHIN_MS,
  );

  it(
    'the cache reports one outage and its end if a master that died restarts',
    async () => {
      const dead = (await topology.masters())[1] as RedisNode;
      await topology.holdFailover(dead);
      const states = statesAtLostNodes();
      await dead.kill();
      await until('lost connections', PATIENCE_MS, () => states.length >= 2);
      expect(await countOf('cache-restored', dead)).toBe(0);
      await dead.restart();
      await cached.untilCoherent();
      expect(await countOf('cache-bypassed', dead)).toBe(1);
      expect(await countOf('cache-restored', dead)).toBe(1);
    },
    WITHIN_MS,
  );

  it(
    'the cache receives invalidations for sessions in a slot that has moved',
    async () => {
      const record = await cached.signedIn('alice');
      const slot = await topology.slotOf(`{${shardOf(record.id)}}`);
      const from = await topology.masterOf(slot);
      const to = (await topology.masters()).find((node) => node !== from) as RedisNode;
      const keys = (await from.ask('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
      await topology.beginMove(slot, to);
      await from.ask('MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys);
      await topology.endMove(slot, to);
      await eventually(() => cached.untilKept(record), PATIENCE_MS);
      await seesEndOf(record);
      expect(await to.ask('EXISTS', new RedisKeys(prefix).session(record.id))).toBe(0);
    },
    WITHIN_MS,
  );

  it('the cache opens two connections to each master, and closes them all', async () => {
    const pairs = async (): Promise<number[]> =>
      Promise.all(
        (await topology.masters()).map(async (node) => {
          const list = String(await node.ask('CLIENT', 'LIST', 'TYPE', 'pubsub'));
          return list.split('\n').filter((line) => line.includes('cmd=subscribe')).length;
        }),
      );
    const both = await pairs();
    expect(both.every((count) => count >= 2)).toBe(true);
    await other.close();
    await until('connections that are closed', PATIENCE_MS, async () => {
      const now = await pairs();
      return now.every((count, index) => count === (both[index] as number) - 1);
    });
    other = await CachedProcess.open(topology.target, { prefix });
  });

  it("the cache works on the application's own client with a keyPrefix", async () => {
    await cached.close();
    const client = new Cluster([...topology.target.cluster], { keyPrefix: 'tenant:' });
    cached = await CachedProcess.open(client, { prefix });
    const theirs: RedisStore = cached.raw;
    const record = await cached.signedIn('alice');
    await theirs.destroy(record.id, REVOKED);
    await cached.untilGone(record);
    client.disconnect();
  });
});

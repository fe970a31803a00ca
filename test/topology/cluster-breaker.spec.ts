import type { SessionRecord } from 'nestjs-redis-session';
import { RedisStore } from 'nestjs-redis-session';
import { LONG_TIMEOUTS, plainSignIn } from 'nestjs-redis-session/testing';
import { openRedis } from '../support/white-box.js';
import type { ClusterTopology } from '../support/redis-cluster.js';
import { startCluster } from '../support/redis-cluster.js';
import { canRunTopologies } from '../support/redis-node.js';
import { Application } from '../support/session-runtime.js';
import { eventually, until } from '../support/until.js';

const DEADLINE_MS = 500;
const PREFIX = 'session:';

(canRunTopologies ? describe : describe.skip)('a Cluster of which one master is silent', () => {
  let topology: ClusterTopology;
  beforeAll(async () => {
    topology = await startCluster();
  }, 60_000);
  afterAll(() => topology?.stop());

  it('the circuit breaker of a silent master opens, and the other masters serve their sessions', async () => {
    const connection = await openRedis(topology.target, DEADLINE_MS, () => undefined);
    const store = new RedisStore(connection.client, {
      prefix: PREFIX,
      deadlineMs: DEADLINE_MS,
      noticeTtlMs: 60_000,
    });
    const records = await Promise.all(
      Array.from({ length: 30 }, async (_, number) => {
        const outcome = await store.signIn(plainSignIn(`user${number}`));
        return (outcome as { record: SessionRecord }).record;
      }),
    );
    const [silent] = await topology.masters();
    const owners = await Promise.all(records.map((record) => ownerOf(record)));
    const lost = records.filter((_, index) => owners[index] === silent);
    const served = records.filter((_, index) => owners[index] !== silent);
    expect(lost.length).toBeGreaterThan(0);
    expect(served.length).toBeGreaterThan(10);

    await silent?.signal('SIGSTOP');
    try {
      await until('calls that are stopped', 5_000, async () => {
        await Promise.allSettled(lost.map(({ id }) => store.load(id)));
        return store.breaker.state === 'open';
      });

      // Replies from the other masters do not close the circuit breaker of the silent one.
      const pings = await Promise.allSettled(Array.from({ length: 12 }, () => store.ping()));
      expect(pings.map(({ status }) => status)).toContain('fulfilled');
      expect(store.breaker.state).not.toBe('closed');
      const outcomes = await Promise.all(served.map(({ id }) => store.load(id)));
      expect(outcomes.map((record) => record?.id)).toEqual(served.map(({ id }) => id));

      // New visitors, whose shard can be chosen freely, are stored on the other masters.
      const application = new Application(store);
      const requests = await Promise.all(Array.from({ length: 60 }, () => application.request()));
      const visitors = requests.map(({ id }) => id);
      const intent = { timeouts: LONG_TIMEOUTS, persistent: false, fields: new Map<string, string>() };
      const begun = await Promise.all(visitors.map((id) => store.create({ id, ...intent })));
      expect(begun.map(({ id }) => id)).toEqual(visitors);
    } finally {
      await silent?.signal('SIGCONT');
    }
    for (const { id } of records) await eventually(() => store.load(id), 15_000);
    expect(store.breaker.state).toBe('closed');
    await connection.close();
  }, 60_000);

  async function ownerOf({ id }: SessionRecord) {
    return topology.masterOf(await topology.slotOf(`${PREFIX}{${id.slice(0, 3)}}:${id.slice(3)}`));
  }
});

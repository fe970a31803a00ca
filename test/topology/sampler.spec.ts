import { Cluster, Redis } from 'ioredis';
import { ServerSampler } from '../support/white-box.js';
import type { ClusterTopology } from '../support/redis-cluster.js';
import { startCluster } from '../support/redis-cluster.js';
import { canRunTopologies } from '../support/redis-node.js';
import { startRedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

const WITHIN_MS = 60_000;
const SETTINGS = { prefix: 'sampled:', everyMs: 100, deadlineMs: 5_000, onFailure: () => undefined };

(canRunTopologies ? describe : describe.skip)('the sampler of server figures', () => {
  describe('in a Cluster', () => {
    let cluster: ClusterTopology;
    let client: Cluster;

    beforeAll(async () => {
      cluster = await startCluster();
      const { cluster: nodes } = cluster.target as {
        readonly cluster: ConstructorParameters<typeof Cluster>[0];
      };
      client = new Cluster(nodes);
    }, WITHIN_MS);
    afterAll(async () => {
      client.disconnect();
      await cluster.stop();
    });

    it('reports each master with its address', async () => {
      const sampler = new ServerSampler(client, SETTINGS);
      sampler.start();
      await until('a sample of every master', WITHIN_MS, () => sampler.figures.length >= 3);
      const masters = client.nodes('master').map(({ options: { host, port } }) => ({ address: host, port }));
      expect(sampler.figures.map(({ address, port }) => ({ address, port }))).toEqual(masters);
      for (const { memoryUsedBytes, replicas } of sampler.figures) {
        expect(memoryUsedBytes).toBeGreaterThan(100_000);
        expect(replicas).toBeGreaterThanOrEqual(0);
      }
      await sampler.close();
    });
  });

  it('reports how many bytes a stopped replica is behind', async () => {
    const master = await startRedisServer();
    const replica = await startRedisServer({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
    const client = new Redis(master.url);
    await until('the replica is online', WITHIN_MS, async () =>
      (await client.info('replication')).includes('state=online'),
    );
    const sampler = new ServerSampler(client, SETTINGS);
    try {
      sampler.start();
      await until('a replica', WITHIN_MS, () => typeof sampler.figures[0]?.replicationLagBytes === 'number');
      await replica.kill('SIGSTOP');
      await client.set('sampled:large', 'x'.repeat(100_000), 'PX', 60_000);
      await until('a lag', WITHIN_MS, () => (sampler.figures[0]?.replicationLagBytes ?? 0) > 90_000);
    } finally {
      await sampler.close();
      client.disconnect();
      await replica.stop();
      await master.stop();
    }
  });
});

import { shardOf, shardOfUser } from 'nestjs-redis-session/core';
import { freshId } from 'nestjs-redis-session/testing';
import { onCluster, ownCluster } from '../../docs/examples/topologies.js';
import { RedisStore, type RedisTarget } from 'nestjs-redis-session';
import { openRedis } from '../support/white-box.js';
import { documentedCommands, PASSWORD, refusedCommands, userArgs } from '../support/access.js';
import type { ClusterTopology } from '../support/redis-cluster.js';
import { startCluster } from '../support/redis-cluster.js';
import type { RedisNode } from '../support/redis-node.js';
import { canRunTopologies } from '../support/redis-node.js';
import { isBeforeRedis7 } from '../support/server-version.js';
import { APP_PREFIX, describeApps, handingIn, VISITOR } from './support/app-suite.js';

let cluster: ClusterTopology;

(canRunTopologies ? describe : describe.skip)('applications on three masters and three replicas', () => {
  beforeAll(async () => {
    cluster = await startCluster(userArgs(`${APP_PREFIX}*`));
    process.env['REDIS_NODES'] = cluster.target.cluster.map(({ host, port }) => `${host}:${port}`).join(', ');
    process.env['REDIS_PASSWORD'] = PASSWORD;
  }, 60_000);
  afterAll(() => cluster?.stop());

  describeApps({
    what: 'a Cluster',
    servers: {
      nodes: () => cluster.nodes,
      failover: async () => {
        const master = await cluster.masterOf(await cluster.slotOf(`{${shardOfUser(VISITOR)}}`));
        await cluster.failover((await cluster.masters()).indexOf(master), 'kill');
      },
      heal: () => cluster.heal(),
      untilReplicated: () => cluster.untilReplicated(),
    },
    setups: [
      { name: 'by its nodes', open: () => ({ options: onCluster() }) },
      handingIn('by a client that is handed in', ownCluster),
    ],
  });

  it('applications on a Cluster use exactly the commands that the page grants', async () => {
    const { client, close } = await openRedis(onCluster().redis as RedisTarget, 5_000, () => undefined);
    const store = new RedisStore(client, { prefix: APP_PREFIX, deadlineMs: 5_000, noticeTtlMs: 60_000 });
    const id = freshId();
    const slot = await cluster.slotOf(`{${shardOf(id)}}`);
    const from = await cluster.masterOf(slot);
    await cluster.beginMove(slot, (await cluster.masters()).find((node) => node !== from) as RedisNode);
    expect(await store.load(id)).toBeNull(); // sent after ASKING, because its slot is being moved
    await cluster.cancelMove(slot);
    await close();
    const stats = await Promise.all(cluster.nodes.map((node) => node.info('INFO', 'commandstats')));
    const used = stats.flatMap((stat) => Object.keys(stat)).map((name) => name.replace('cmdstat_', ''));
    // Before Redis 7 the statistics do not tell subcommands apart.
    const granted = documentedCommands().onCluster.map((name) =>
      isBeforeRedis7 ? name.replace(/\|.*/, '') : name,
    );
    expect(used).toEqual(expect.arrayContaining(granted));
    const refused = await Promise.all(cluster.nodes.map((node) => node.ask('ACL', 'LOG')));
    expect(refusedCommands(refused)).toEqual([]);
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { SessionModule, type SessionModuleOptions } from 'nestjs-redis-session';
import { connectionsOf, type Topology } from '../../libs/cli/src/sizing/connections.js';
import { startCluster } from '../support/redis-cluster.js';
import { canRunTopologies, RedisNode, stopNodes } from '../support/redis-node.js';
import { startSentinel } from '../support/redis-sentinel.js';
import { until } from '../support/until.js';

const WITHIN_MS = 60_000;
const SETTLED_WITHIN_MS = 15_000;
const STAYING_MS = 300;

/** Options that open connections, and what the model calls them. */
const OPTIONS: readonly (readonly [name: string, options: SessionModuleOptions])[] = [
  ['no further option', {}],
  ['the cache', { cache: {} }],
  ['durability', { durability: { replicas: 1 } }],
  ['the cache and durability', { cache: {}, durability: { replicas: 1 } }],
];

/** Servers by their roles. */
interface Servers {
  readonly redis: SessionModuleOptions['redis'];
  readonly topology: Topology;
  readonly masters: readonly RedisNode[];
  readonly replicas: readonly RedisNode[];
  readonly sentinels: readonly RedisNode[];
  stop(): Promise<void>;
}

const KINDS: Readonly<Record<Topology['kind'], () => Promise<Servers>>> = {
  async standalone() {
    const master = await RedisNode.start({});
    return {
      redis: { host: '127.0.0.1', port: master.port },
      topology: { kind: 'standalone', replicasPerMaster: 0 },
      ...{ masters: [master], replicas: [], sentinels: [] },
      stop: () => stopNodes([master]),
    };
  },
  async sentinel() {
    const started = await startSentinel();
    const master = await started.master();
    return {
      redis: started.target,
      topology: { kind: 'sentinel', replicasPerMaster: 2, sentinels: started.sentinels.length },
      masters: [master],
      replicas: started.nodes.filter((node) => node !== master),
      sentinels: started.sentinels,
      stop: () => started.stop(),
    };
  },
  async cluster() {
    const started = await startCluster();
    const masters = await started.masters();
    return {
      redis: started.target,
      topology: { kind: 'cluster', replicasPerMaster: 1, masters: masters.length },
      masters,
      replicas: started.nodes.filter((node) => !masters.includes(node)),
      sentinels: [],
      stop: () => started.stop(),
    };
  },
};

const onTopologies = canRunTopologies ? describe : describe.skip;

onTopologies.each(Object.entries(KINDS))('the connections of a process: %s', (_kind, start) => {
  let servers: Servers;
  /** The connections that the servers have to each other, and those of the test. */
  let others: ReadonlyMap<RedisNode, number>;

  beforeAll(async () => {
    servers = await start();
    const nodes = [...servers.masters, ...servers.replicas, ...servers.sentinels];
    others = new Map(await Promise.all(nodes.map(async (node) => [node, await clientsOf(node)] as const)));
  }, WITHIN_MS);
  afterAll(() => servers?.stop());

  it.each(OPTIONS)(
    'a process opens as many connections as the model says, with %s',
    async (_name, options) => {
      const module = SessionModule.forRoot({ redis: servers.redis, ...options });
      const application = await NestFactory.createApplicationContext(module, { logger: false });
      const model = connectionsOf(servers.topology, {
        isCached: options.cache !== undefined,
        isDurable: options.durability !== undefined,
      });
      const { masters, replicas, sentinels } = servers;
      const expected = [
        ...masters.map(() => model.perMaster),
        ...replicas.map(() => model.perReplica),
        ...sentinels.map(() => model.perSentinel),
      ];
      const nodes = [...masters, ...replicas, ...sentinels];
      const opened = () =>
        Promise.all(nodes.map(async (node) => (await clientsOf(node)) - (others.get(node) ?? 0)));
      // Connections that refresh the map of slots, or look for the master, are closed soon.
      expect(await settled(opened)).toEqual(expected);
      expect(expected.reduce((sum, one) => sum + one, 0)).toBe(model.total);
      await application.close();
      await until('no connections', SETTLED_WITHIN_MS, async () =>
        (await opened()).every((count) => count === 0),
      );
    },
    WITHIN_MS,
  );
});

/** Returns counts that have stayed the same for a while. */
async function settled(read: () => Promise<number[]>): Promise<number[]> {
  let last: number[] = [];
  await until('counts that stay the same', SETTLED_WITHIN_MS, async () => {
    const before = last;
    last = await read();
    await delay(STAYING_MS);
    return String(last) === String(before);
  });
  return last;
}

/** Returns the number of clients of a server, without replicas, masters and Sentinels that follow the server. */
async function clientsOf(node: RedisNode): Promise<number> {
  const clients = String(await node.ask('CLIENT', 'LIST')).split('\n');
  return clients.filter(
    (client) => client !== '' && !/ flags=[SM]/.test(client) && !/ name=sentinel-/.test(client),
  ).length;
}

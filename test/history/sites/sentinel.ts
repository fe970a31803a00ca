import type { RedisNode } from '../../support/redis-node.js';
import { startSentinel } from '../../support/redis-sentinel.js';
import { blink, failovers, hasDrifted } from './failover.js';
import type { Replicated } from './failover.js';
import { mildFaults } from './faults.js';
import { startProxies } from './proxies.js';
import type { Site } from './site.js';

/** Starts one master, two replicas and three Sentinels, with a proxy in front of each data server. */
export async function openSentinel(): Promise<Site> {
  const topology = await startSentinel();
  const first = await topology.master();
  const proxies = await startProxies(await dataPorts(first));
  const servers: Replicated = {
    masters: [first],
    lookUp: async () => [await topology.master()],
    failover: (_masterIndex, how) => topology.failover(how),
    heal: () => topology.heal(),
  };
  const masters = () => servers.masters.filter(({ isAlive }) => isAlive).map(({ admin }) => admin);
  return {
    name: 'sentinel',
    redis: { ...topology.target, natMap: proxies.natMap },
    faults: [...failovers(servers), ...mildFaults(masters, proxies.all), blink(servers)],
    masters,
    hasDrifted: () => hasDrifted(servers),
    stop: async () => {
      await proxies.stop();
      await topology.stop();
    },
  };
}

async function dataPorts(master: RedisNode): Promise<number[]> {
  const replication = await master.info('INFO', 'replication');
  const replicas = Object.entries(replication).filter(([name]) => /^slave\d+$/.test(name));
  return [master.port, ...replicas.map(([, text]) => Number(/port=(\d+)/.exec(text)?.[1]))];
}

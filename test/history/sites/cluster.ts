import { startCluster } from '../../support/redis-cluster.js';
import { blink, failovers, hasDrifted } from './failover.js';
import type { Replicated } from './failover.js';
import { mildFaults } from './faults.js';
import { startProxies } from './proxies.js';
import type { Site } from './site.js';

/** Starts three masters, each with a replica, and a proxy in front of each server. */
export async function openCluster(): Promise<Site> {
  const topology = await startCluster();
  const { cluster } = topology.target;
  const proxies = await startProxies(cluster.map(({ port }) => port));
  const servers: Replicated = {
    masters: await topology.masters(),
    lookUp: () => topology.masters(),
    failover: (masterIndex, how) => topology.failover(masterIndex, how),
    heal: () => topology.heal(),
  };
  const masters = () => servers.masters.filter(({ isAlive }) => isAlive).map(({ admin }) => admin);
  return {
    name: 'cluster',
    redis: { cluster: Object.values(proxies.natMap), options: { natMap: proxies.natMap } },
    faults: [...failovers(servers), ...mildFaults(masters, proxies.all), blink(servers)],
    masters,
    hasDrifted: () => hasDrifted(servers),
    stop: async () => {
      await proxies.stop();
      await topology.stop();
    },
  };
}

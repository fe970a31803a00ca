import { Random } from './random.js';
import { openCluster } from './sites/cluster.js';
import { openSentinel } from './sites/sentinel.js';
import type { Persistence, Site, SiteName } from './sites/site.js';
import { openStandalone } from './sites/standalone.js';

const PERSISTENCE: readonly Persistence[] = ['memory', 'aof-always', 'aof-everysec', 'none'];

/** The sites of each topology. A round takes the one that its seed says. */
export const TOPOLOGIES: Readonly<Record<string, readonly SiteName[]>> = {
  standalone: PERSISTENCE.map((persistence) => `standalone/${persistence}` as const),
  sentinel: ['sentinel'],
  cluster: ['cluster'],
};

/** Returns the site of a round; a topology with several sites leaves the choice to the seed. */
export function siteFor(topology: string, seed: number): SiteName {
  const sites = TOPOLOGIES[topology];
  return sites ? new Random(seed).pick(sites) : (topology as SiteName);
}

export function openSite(name: SiteName): Promise<Site> {
  switch (name) {
    case 'sentinel':
      return openSentinel();
    case 'cluster':
      return openCluster();
    default:
      return openStandalone(name.slice('standalone/'.length) as Persistence);
  }
}

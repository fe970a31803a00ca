import { FaultProxy } from 'nestjs-redis-session/testing';
import { RedisNode } from '../../support/redis-node.js';
import { instant } from '../history.js';
import { mildFaults, spell } from './faults.js';
import type { FaultKind, Persistence, Site } from './site.js';

/** Maximum delay of writes to disk. Redis waits two seconds for a slow disk, then writes anyway. */
const EVERYSEC_MAY_LOSE_MS = 2_000;

const ARGS: Record<Persistence, string[]> = {
  memory: [],
  none: [],
  'aof-always': ['--appendonly', 'yes', '--appendfsync', 'always'],
  'aof-everysec': ['--appendonly', 'yes', '--appendfsync', 'everysec'],
};

/** Starts one server behind a proxy. */
export async function openStandalone(persistence: Persistence): Promise<Site> {
  const node = await RedisNode.start({ args: ARGS[persistence] });
  const proxy = await FaultProxy.start(node.port);
  const masters = () => [node.admin];
  const faults = [freeze(node), ...mildFaults(masters, [proxy])];
  if (persistence !== 'memory') faults.unshift(restart(node, persistence));
  return {
    name: `standalone/${persistence}`,
    redis: `redis://127.0.0.1:${proxy.port}`,
    faults,
    masters,
    hasDrifted: () => Promise.resolve(false),
    stop: async () => {
      await proxy.stop();
      await node.stop();
    },
  };
}

/** Sends SIGSTOP, and SIGCONT after a while, when pending commands run. */
function freeze(node: RedisNode): FaultKind {
  return {
    name: 'freeze',
    weight: 2,
    run: async (random) => {
      await node.signal('SIGSTOP');
      await spell(random);
      await node.signal('SIGCONT');
    },
  };
}

/** Sends SIGKILL, and starts another server in the same place. */
function restart(node: RedisNode, persistence: Persistence): FaultKind {
  return {
    name: 'kill',
    weight: 5,
    run: async (random) => {
      const start = instant();
      await node.kill();
      await spell(random);
      await node.restart();
      if (persistence === 'aof-always') return undefined;
      return { mayLoseSince: persistence === 'none' ? 0 : start - EVERYSEC_MAY_LOSE_MS };
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisNode } from '../../support/redis-node.js';
import { eventually, until } from '../../support/until.js';
import { instant } from '../history.js';
import type { Random } from '../random.js';
import { spell } from './faults.js';
import type { FaultKind, FaultReport } from './site.js';
import { REPLICA_MAY_LAG_MS } from './site.js';

/** Servers of which some are masters and others take their places. */
export interface Replicated {
  /** Last known masters. */
  masters: readonly RedisNode[];
  /** Asks who they are now. */
  lookUp(): Promise<readonly RedisNode[]>;
  /** Makes a replica the master in the place of one. */
  failover(masterIndex: number, how: 'kill' | 'order'): Promise<void>;
  /** Brings everything back that is missing. */
  heal(): Promise<void>;
}

const REPLACED_WITHIN_MS = 20_000;
/** On a machine that has no time for it, even to heal takes more than one try. */
const HEALED_WITHIN_MS = 60_000;
/** A pause too short for a failover. */
const BLINK_MS = 500;

/** Returns the faults that lose writes which a master has acknowledged and its replica has not received. */
export function failovers(servers: Replicated): FaultKind[] {
  return [
    failover('death', 3, servers, (index) => servers.failover(index, 'kill')),
    failover('death with replicas behind', 2, servers, (index, random) =>
      killDetached(servers, index, random),
    ),
    failover('order', 2, servers, (index) => servers.failover(index, 'order')),
    failover('freeze', 2, servers, (index) => freeze(servers, servers.masters[index] as RedisNode)),
  ];
}

/** Sends SIGSTOP, and SIGCONT before a failover. */
export function blink(servers: Replicated): FaultKind {
  return {
    name: 'freeze',
    weight: 2,
    run: async (random) => {
      const node = random.pick(servers.masters);
      await node.signal('SIGSTOP');
      await Promise.race([spell(random), sleep(BLINK_MS)]);
      await node.signal('SIGCONT');
    },
  };
}

/**
 * Detects a failover without a fault, which happens if servers on an overloaded machine consider each other dead. Updates
 * the known masters.
 */
export async function hasDrifted(servers: Replicated): Promise<boolean> {
  const present = await eventually(() => servers.lookUp(), REPLACED_WITHIN_MS);
  if (present.every((node) => servers.masters.includes(node))) return false;
  await settle(servers);
  return true;
}

function failover(
  how: string,
  weight: number,
  servers: Replicated,
  replace: (masterIndex: number, random: Random) => Promise<void>,
): FaultKind {
  return {
    name: `failover by ${how}`,
    weight,
    run: async (random): Promise<FaultReport> => {
      const start = instant();
      await replace(random.between(0, servers.masters.length), random);
      await settle(servers);
      return { mayLoseSince: start - REPLICA_MAY_LAG_MS };
    },
  };
}

async function settle(servers: Replicated): Promise<void> {
  servers.masters = await eventually(() => servers.lookUp(), REPLACED_WITHIN_MS);
  await eventually(() => servers.heal(), HEALED_WITHIN_MS);
}

/** Kills a master after disconnecting its replicas, so that its last writes exist nowhere else. */
async function killDetached(servers: Replicated, masterIndex: number, random: Random): Promise<void> {
  const master = servers.masters[masterIndex] as RedisNode;
  await master.ask('ACL', 'SETUSER', 'default', '-psync', '-sync');
  await master.ask('CLIENT', 'KILL', 'TYPE', 'replica');
  await spell(random);
  await servers.failover(masterIndex, 'kill');
}

/** Sends SIGSTOP until another server is the master, then SIGCONT: for a while there are two masters. */
async function freeze(servers: Replicated, old: RedisNode): Promise<void> {
  await old.signal('SIGSTOP');
  old.isAlive = false; // while stopped, the server receives no queries
  try {
    await until('another master', REPLACED_WITHIN_MS, async () => !(await servers.lookUp()).includes(old));
  } finally {
    old.isAlive = true;
    await old.signal('SIGCONT');
  }
}

import type { Cluster, Redis } from 'ioredis';

import type { LiveEstimate } from '../core/store/store.js';
import { withDeadline } from './deadline.js';
import { isCluster, mastersOf, slotOwners } from './ioredis-internals.js';
import { patternOf } from './keys.js';
import { shareBefore, shareBeforeInSlots } from './scan-cursor.js';
import { addressOf, keyPrefixOf, slotOf } from './slots.js';
import type { StoreContext } from './store-context.js';

/** The number of sessions to sample on each server. With 10,000, the error of the estimate is 2 %. */
const ENOUGH = 10_000;
/** The maximum number of steps, so that a database of other keys is not scanned in full. */
const MAX_STEPS = 40;
/** The approximate number of keys that a server examines in one step, which takes a fraction of a millisecond. */
const KEYS_PER_STEP = 500;
/** The number of standard deviations on each side of a 95 % confidence interval. */
const Z_95 = 1.96;

/** The sessions and users in a part of a server's keys. */
interface Sample {
  readonly sessions: number;
  readonly users: number;
  /** The part, as a share of all keys. */
  readonly share: number;
}

/**
 * Estimates the number of live sessions, and of users with sessions, from a sample of the keys of each master.
 *
 * A server spreads its keys evenly over its hash table, and the cursor of SCAN shows the share of the table that was visited.
 * The sessions in a part of the table and the share of this part therefore give the number of all. SCAN returns no expired
 * key, even if the server has not removed it yet, so a mass expiry does not distort the estimate.
 */
export async function estimateLive(context: StoreContext): Promise<LiveEstimate> {
  const nodes = mastersOf(context.client);
  const samples = await Promise.all(nodes.map((node) => sampleOf(node, context)));
  const sumOf = (part: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + part(sample), 0);
  const sessions = sumOf((sample) => sample.sessions / sample.share);
  // Each server contributes the variance of a Poisson distribution, unless all of its keys were counted.
  const variance = sumOf((sample) => (sample.share < 1 ? sample.sessions / sample.share ** 2 : 0));
  return {
    sessions: Math.round(sessions),
    users: Math.round(sumOf((sample) => sample.users / sample.share)),
    error: sessions > 0 ? (Z_95 * Math.sqrt(variance)) / sessions : 0,
  };
}

async function sampleOf(node: Redis, { client, keys, deadlineMs }: StoreContext): Promise<Sample> {
  const keyPrefix = keyPrefixOf(client);
  const pattern = patternOf(keyPrefix) + keys.everyKey;
  let [sessions, users, cursor] = [0, 0, '0'];
  const found: string[] = [];
  for (let step = 0; step < MAX_STEPS && sessions < ENOUGH; step++) {
    const scan = node.scan(cursor, 'MATCH', pattern, 'COUNT', KEYS_PER_STEP);
    const [next, names] = await withDeadline(scan, deadlineMs);
    for (const name of names) {
      const key = name.slice(keyPrefix.length);
      if (keys.sessionOf(key)) sessions += 1;
      else if (keys.indexOf(key)?.userId) users += 1;
    }
    found.push(...names);
    cursor = next;
    if (cursor === '0') return { sessions, users, share: 1 };
  }
  return {
    sessions,
    users,
    share: isCluster(client) ? shareInCluster(client, node, cursor, found) : shareBefore(cursor),
  };
}

function shareInCluster(client: Cluster, node: Redis, cursor: string, found: readonly string[]): number {
  const address = addressOf(node);
  const owned = slotOwners(client).flatMap((owners, slot) => (owners?.[0] === address ? [slot] : []));
  return shareBeforeInSlots(cursor, found.map(slotOf), owned);
}

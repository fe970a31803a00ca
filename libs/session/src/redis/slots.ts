// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- the package has no types of its own
/// <reference path="./cluster-key-slot.d.ts" />
import calculateSlot from 'cluster-key-slot';
import type { Cluster, Redis } from 'ioredis';

/** For each slot the nodes that have it, the master first, by host and port. */
type Slots = readonly (readonly string[] | undefined)[];

/** The name of the master that has a key; the same for all where there is no Cluster. */
export function masterNameOf(client: Redis | Cluster, key: string): string {
  if (!client.isCluster) return '';
  const { slots } = client as Cluster & { readonly slots: Slots };
  return slots[calculateSlot(key)]?.[0] ?? '';
}

/** The connection to the master that has a key. */
export function masterOf(client: Redis | Cluster, key: string): Redis | undefined {
  if (!client.isCluster) return client as Redis;
  const name = masterNameOf(client, key);
  const masters = (client as Cluster).nodes('master');
  return masters.find(({ options }) => `${options.host}:${options.port}` === name);
}

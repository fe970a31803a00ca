// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- the package has no types of its own
/// <reference path="./cluster-key-slot.d.ts" />
import calculateSlot from 'cluster-key-slot';
import type { Cluster, Redis } from 'ioredis';
import { isCluster, slotOwners, socketOf } from './ioredis-internals.js';

/** Returns the prefix that a client adds to all keys. */
export function keyPrefixOf({ options }: Redis | Cluster): string {
  return (options as { keyPrefix?: string }).keyPrefix ?? '';
}

/** Returns the address of a node in the form of the slot map. */
export function addressOf({ options }: Redis): string {
  return `${options.host}:${options.port}`;
}

/** Returns the address of a server for an operator: behind Sentinels, that of the connection. */
export function serverOf(node: Redis): string {
  const { path, sentinels } = node.options;
  if (path) return path;
  const { remoteAddress, remotePort } = socketOf(node) ?? {};
  return sentinels && remoteAddress !== undefined ? `${remoteAddress}:${remotePort}` : addressOf(node);
}

/** Returns the slot of a key, with the prefix that the client adds. */
export function slotOf(name: string): number {
  return calculateSlot(name);
}

/** Returns the address of the master that owns a key; `undefined` if the slot map has none. */
export function masterAddressOf(cluster: Cluster, key: string): string | undefined {
  return slotOwners(cluster)[calculateSlot(keyPrefixOf(cluster) + key)]?.[0];
}

/** Returns the connection to the master that owns a key. */
export function masterOf(client: Redis | Cluster, key: string): Redis | undefined {
  if (!isCluster(client)) return client;
  const address = masterAddressOf(client, key);
  return client.nodes('master').find((node) => addressOf(node) === address);
}

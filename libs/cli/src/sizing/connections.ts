/** The servers of an installation. */
export type Topology =
  | { readonly kind: 'standalone'; readonly replicasPerMaster: number }
  | { readonly kind: 'sentinel'; readonly replicasPerMaster: number; readonly sentinels: number }
  | { readonly kind: 'cluster'; readonly replicasPerMaster: number; readonly masters: number };

/** The options of the module that open connections. */
export interface ConnectingOptions {
  /** True with the option `cache`. */
  readonly isCached: boolean;
  /** True with the option `durability`. */
  readonly isDurable: boolean;
}

/** The connections that one process keeps open. */
export interface Connections {
  readonly perMaster: number;
  readonly perReplica: number;
  readonly perSentinel: number;
  readonly total: number;
}

/** One connection reads sessions, the other receives invalidations. */
const CONNECTIONS_OF_CACHE = 2;

/** Returns the number of masters of an installation. */
export function mastersOf(topology: Topology): number {
  return topology.kind === 'cluster' ? topology.masters : 1;
}

/**
 * Returns the connections that a process with these options keeps open, including the client that the application has
 * passed, if any. In a Cluster each client is connected to all nodes, and behind Sentinel to every Sentinel.
 */
export function connectionsOf(topology: Topology, { isCached, isDurable }: ConnectingOptions): Connections {
  const clients = isDurable ? 2 : 1;
  const perMaster = clients + (isCached ? CONNECTIONS_OF_CACHE : 0);
  const perReplica = topology.kind === 'cluster' ? clients : 0;
  const perSentinel = topology.kind === 'sentinel' ? clients : 0;
  const masters = mastersOf(topology);
  const replicas = masters * topology.replicasPerMaster;
  const sentinels = topology.kind === 'sentinel' ? topology.sentinels : 0;
  const total = masters * perMaster + replicas * perReplica + sentinels * perSentinel;
  return { perMaster, perReplica, perSentinel, total };
}

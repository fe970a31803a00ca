import { createServer } from 'node:net';
import type { RedisNode } from './redis-node.js';
import { HOST, startNodes, stopNodes, untilReplicated } from './redis-node.js';
import { freePort } from './redis-server.js';
import { until } from './until.js';

const MASTERS = 3;
const SLOTS = 16_384;
const NODE_TIMEOUT_MS = 1_500;
const READY_WITHIN_MS = 20_000;
const FAILOVER_WITHIN_MS = 20_000;

/** Real servers on loopback: three masters, each with a replica. */
export interface ClusterTopology {
  /** Options for a client: some of the nodes. */
  readonly target: { readonly cluster: { host: string; port: number }[] };
  /** All nodes, of whichever role, alive or not. */
  readonly nodes: readonly RedisNode[];
  /** Returns the current slot ranges with their nodes, in the order of the slots. */
  ranges(): Promise<SlotRange[]>;
  /** Returns the nodes that currently serve slots, in the order of their first slot. */
  masters(): Promise<RedisNode[]>;
  /** Returns the slot of a key, as the servers compute it. */
  slotOf(key: string): Promise<number>;
  /** Returns the node that serves a slot. */
  masterOf(slot: number): Promise<RedisNode>;
  /**
   * Promotes the replica of a master, and waits until the cluster is complete again.
   *
   * - `kill`: the master dies at once; `heal` brings it back as a replica
   * - `order`: `CLUSTER FAILOVER`, no process ends
   */
  failover(masterIndex: number, how: 'kill' | 'order'): Promise<void>;
  /** Keeps the replica of a master from taking its place, until `releaseFailovers` or `heal` lets it. */
  holdFailover(master: RedisNode): Promise<void>;
  releaseFailovers(): Promise<void>;
  /** Waits until the replicas have all that their masters have now, so that no failover can lose it. */
  untilReplicated(): Promise<void>;
  /** Starts again what was killed, and waits until each master has its replica. */
  heal(): Promise<void>;
  /** Begins to move a slot to another node: keys that are not there any more are asked for at the other. */
  beginMove(slot: number, to: RedisNode): Promise<void>;
  /** Gives a slot that is on the move to where it goes. Keys do not go with it. */
  endMove(slot: number, to: RedisNode): Promise<void>;
  /** Leaves a slot that is on the move where it was. */
  cancelMove(slot: number): Promise<void>;
  stop(): Promise<void>;
}

/** Slots that one node serves. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly node: RedisNode;
}

/** @param args more arguments for all nodes */
export async function startCluster(args: readonly string[] = [], attempts = 3): Promise<ClusterTopology> {
  const topology = new RedisCluster(args);
  try {
    await topology.start();
    return topology;
  } catch (error) {
    await topology.stop();
    // Another process took the free port for the bus of a node first.
    if (attempts > 1 && /address already in use/i.test(String(error)))
      return startCluster(args, attempts - 1);
    throw error;
  }
}

interface Member {
  readonly node: RedisNode;
  readonly id: string;
}

class RedisCluster implements ClusterTopology {
  private members: Member[] = [];

  constructor(private readonly args: readonly string[]) {}

  get target() {
    return { cluster: this.members.map(({ node }) => ({ host: HOST, port: node.port })) };
  }

  get nodes() {
    return this.members.map(({ node }) => node);
  }

  async start(): Promise<void> {
    const ports = await Promise.all(Array.from({ length: 2 * MASTERS }, () => freePairOfPorts()));
    const nodes = await startNodes(ports.map((port) => ({ port, args: [...NODE_ARGS, ...this.args] })));
    this.members = await Promise.all(
      nodes.map(async (node) => ({ node, id: String(await node.ask('CLUSTER', 'MYID')) })),
    );
    await this.join();
    await this.giveSlots();
    await this.follow();
    await this.untilWhole();
  }

  async ranges(): Promise<SlotRange[]> {
    const ranges = await slotsOf(this.alive[0] as RedisNode);
    return ranges
      .map(([from, to, [, port]]) => ({ from, to, node: this.at(port) }))
      .sort((one, other) => one.from - other.from);
  }

  async masters(): Promise<RedisNode[]> {
    return [...new Set((await this.ranges()).map(({ node }) => node))];
  }

  async slotOf(key: string): Promise<number> {
    return Number(await this.alive[0]?.ask('CLUSTER', 'KEYSLOT', key));
  }

  async masterOf(slot: number): Promise<RedisNode> {
    const range = (await this.ranges()).find(({ from, to }) => from <= slot && slot <= to);
    if (!range) throw new Error(`No node serves slot ${slot}`);
    return range.node;
  }

  async failover(masterIndex: number, how: 'kill' | 'order'): Promise<void> {
    const old = (await this.masters())[masterIndex] as RedisNode;
    if (how === 'kill') await old.kill();
    else await (await this.replicaOf(old)).ask('CLUSTER', 'FAILOVER');
    await until('a replica in the place of the master', FAILOVER_WITHIN_MS, async () => {
      return !(await this.masters()).includes(old) && (await this.isOk());
    });
  }

  async holdFailover(master: RedisNode): Promise<void> {
    await (await this.replicaOf(master)).ask('CONFIG', 'SET', NO_FAILOVER, 'yes');
  }

  async releaseFailovers(): Promise<void> {
    await Promise.all(this.alive.map((node) => node.ask('CONFIG', 'SET', NO_FAILOVER, 'no')));
  }

  untilReplicated(): Promise<void> {
    return untilReplicated(this.alive);
  }

  async heal(): Promise<void> {
    await this.releaseFailovers();
    // With its own folder it is the member that it was, and becomes a replica by itself.
    await Promise.all(this.members.filter(({ node }) => !node.isAlive).map(({ node }) => node.restart()));
    await this.untilWhole();
  }

  async beginMove(slot: number, to: RedisNode): Promise<void> {
    const from = await this.masterOf(slot);
    await to.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', this.idOf(from));
    await from.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', this.idOf(to));
  }

  async endMove(slot: number, to: RedisNode): Promise<void> {
    // The target first, so that some node serves the slot at all times.
    for (const node of new Set([to, ...(await this.masters())])) {
      await node.ask('CLUSTER', 'SETSLOT', slot, 'NODE', this.idOf(to));
    }
  }

  async cancelMove(slot: number): Promise<void> {
    for (const node of await this.masters()) await node.ask('CLUSTER', 'SETSLOT', slot, 'STABLE');
  }

  stop(): Promise<void> {
    return stopNodes(this.nodes);
  }

  private get alive(): RedisNode[] {
    return this.nodes.filter(({ isAlive }) => isAlive);
  }

  private async join(): Promise<void> {
    // Each meets each: to wait for gossip takes seconds.
    for (const { node } of this.members) {
      for (const { node: other } of this.members) {
        if (other !== node) await node.ask('CLUSTER', 'MEET', HOST, other.port);
      }
    }
    await until('nodes that know each other', READY_WITHIN_MS, async () => {
      const views = await Promise.all(this.members.map(({ node }) => node.ask('CLUSTER', 'NODES')));
      return views.every((view) => this.members.every(({ id }) => String(view).includes(`${id} `)));
    });
  }

  private async giveSlots(): Promise<void> {
    for (const [index, { node }] of this.members.slice(0, MASTERS).entries()) {
      const [from, to] = [index, index + 1].map((part) => Math.ceil((part * SLOTS) / MASTERS)) as [
        number,
        number,
      ];
      // ADDSLOTSRANGE came with Redis 7.
      await node.ask('CLUSTER', 'ADDSLOTS', ...Array.from({ length: to - from }, (_, slot) => from + slot));
    }
  }

  private async follow(): Promise<void> {
    for (const [index, { node }] of this.members.slice(MASTERS).entries()) {
      await node.ask('CLUSTER', 'REPLICATE', this.members[index]?.id as string);
    }
  }

  private untilWhole(): Promise<void> {
    return until('a cluster in which each master has a replica', READY_WITHIN_MS, async () => {
      if (!(await this.isOk())) return false;
      const infos = await Promise.all(this.alive.map((node) => node.info()));
      const followers = infos.filter(({ master_link_status: link }) => link === 'up');
      return followers.length === MASTERS && (await this.haveReplicas());
    });
  }

  /** Checks that all live nodes report all slots as served. */
  private async isOk(): Promise<boolean> {
    const infos = await Promise.all(this.alive.map((node) => node.info('CLUSTER', 'INFO')));
    return infos.every(
      (info) => info['cluster_state'] === 'ok' && info['cluster_slots_ok'] === String(SLOTS),
    );
  }

  /** Checks that all live nodes know a replica for each range of slots. */
  private async haveReplicas(): Promise<boolean> {
    const views = await Promise.all(this.alive.map(slotsOf));
    return views.every((ranges) => ranges.every(([, , ...nodes]) => nodes.length === 2));
  }

  private async replicaOf(master: RedisNode): Promise<RedisNode> {
    const ranges = await slotsOf(master);
    const own = ranges.find(([, , [, port]]) => port === master.port);
    return this.at(own?.[3]?.[1]);
  }

  private idOf(node: RedisNode): string {
    return this.members.find((member) => member.node === node)?.id as string;
  }

  private at(port: number | undefined): RedisNode {
    const member = this.members.find(({ node }) => node.port === port);
    if (!member) throw new Error(`No node of this cluster is on port ${port}`);
    return member.node;
  }
}

/** Distance of a node's bus from its port. Redis 7 can configure another one. */
const BUS_DISTANCE = 10_000;
const HIGHEST_PORT = 65_535;

const NO_FAILOVER = 'cluster-replica-no-failover';

const NODE_ARGS: readonly string[] = [
  ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
  ...['--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
  ...['--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0'],
  // A replica counts from the first byte that it was sent. On an idle master that is a ping, by default after 10 s.
  ...['--repl-ping-replica-period', '1'],
  // A replica may take over however long its master has been dead.
  ...['--cluster-replica-validity-factor', '0'],
];

/** Returns a free port whose bus port is free, too. */
export async function freePairOfPorts(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + BUS_DISTANCE <= HIGHEST_PORT && (await isFree(port + BUS_DISTANCE))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
      .once('error', () => resolve(false))
      .listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}

type Address = [host: string, port: number, ...rest: unknown[]];

function slotsOf(
  node: RedisNode,
): Promise<[from: number, to: number, master: Address, ...replicas: Address[]][]> {
  return node.ask('CLUSTER', 'SLOTS') as ReturnType<typeof slotsOf>;
}

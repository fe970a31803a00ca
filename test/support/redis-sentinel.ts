import { createHash } from 'node:crypto';
import { HOST, RedisNode, startNodes, stopNodes, untilReplicated } from './redis-node.js';
import { freePort } from './redis-server.js';
import { until } from './until.js';

const NAME = 'sessions';
const QUORUM = 2;
const DOWN_AFTER_MS = 800;
const FAILOVER_TIMEOUT_MS = 2_000;
const READY_WITHIN_MS = 15_000;
const FAILOVER_WITHIN_MS = 20_000;

/** Options of replicas: without them the first synchronization waits for five seconds. */
const NO_DELAY = ['--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0'];

/** Real servers on loopback: one master, two replicas, three Sentinels. */
export interface SentinelTopology {
  /** Options for a client: `{ sentinels, name }` are ioredis options. */
  readonly target: { readonly sentinels: { host: string; port: number }[]; readonly name: string };
  readonly sentinels: readonly RedisNode[];
  /** The master and its replicas, alive or not. */
  readonly nodes: readonly RedisNode[];
  /** Returns the master that the Sentinels report. */
  master(): Promise<RedisNode>;
  /**
   * Promotes a replica, and waits until it accepts writes.
   *
   * - `kill`: the master dies at once; `heal` brings it back as a replica
   * - `order`: `SENTINEL FAILOVER`, no process ends, and all Sentinels know the new master when this returns
   */
  failover(how: 'kill' | 'order'): Promise<void>;
  /** Waits until the replicas have all that the master has now, so that no failover can lose it. */
  untilReplicated(): Promise<void>;
  /** Starts again what was killed, lets all others follow the master, and waits until they do. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** @param args more arguments for the master and its replicas */
export async function startSentinel(args: readonly string[] = []): Promise<SentinelTopology> {
  const topology = new Sentinels([...NO_DELAY, ...args]);
  try {
    await topology.start();
  } catch (error) {
    await topology.stop();
    throw error;
  }
  return topology;
}

class Sentinels implements SentinelTopology {
  sentinels: RedisNode[] = [];
  nodes: RedisNode[] = [];

  constructor(private readonly args: readonly string[]) {}

  get target() {
    return { sentinels: this.sentinels.map(({ port }) => ({ host: HOST, port })), name: NAME };
  }

  async start(): Promise<void> {
    const master = await RedisNode.start({ args: [...this.args] });
    this.nodes.push(master);
    const args = this.replicaArgs(master);
    this.nodes.push(...(await startNodes([{ args }, { args }])));
    await this.untilFollowed();
    this.sentinels = await startSentinels(this.nodes);
    await this.untilAgreed(({ replicas }) => replicas === 2);
  }

  async master(): Promise<RedisNode> {
    const port = await masterPort(await this.sentinel());
    const node = this.nodes.find((node) => node.isAlive && node.port === port);
    if (!node) throw new Error(`The Sentinels name a master that is not there: port ${port}`);
    return node;
  }

  async failover(how: 'kill' | 'order'): Promise<void> {
    const old = await this.master();
    if (how === 'kill') await old.kill();
    else await this.orderFailover();
    await until('a new master that takes writes', FAILOVER_WITHIN_MS, async () => {
      const master = await this.master();
      if (master === old) return false;
      await master.ask('SET', 'a-write-for-the-failover', '1', 'PX', 1);
      return true;
    });
    if (how === 'order') await this.untilAgreed(() => true);
  }

  untilReplicated(): Promise<void> {
    return untilReplicated(this.nodes.filter(({ isAlive }) => isAlive));
  }

  async heal(): Promise<void> {
    // What comes back in the middle of a failover can set off the next one.
    await this.untilAgreed(() => true);
    const master = await this.master();
    const replicas = this.nodes.filter((node) => node !== master);
    await Promise.all(replicas.map((node) => this.follow(node, master)));
    await this.untilFollowed();
    await this.untilAgreed(({ replicas }) => replicas === 2);
  }

  stop(): Promise<void> {
    return stopNodes([...this.sentinels, ...this.nodes]);
  }

  /** Orders a failover. Sentinels refuse this for a while after another failover. */
  private orderFailover(): Promise<void> {
    return until('a failover that the Sentinels accept', FAILOVER_WITHIN_MS, async () => {
      await (await this.sentinel()).ask('SENTINEL', 'FAILOVER', NAME);
      return true;
    });
  }

  /** Returns an active Sentinel. For half a minute after it was stopped, a Sentinel only observes. */
  private sentinel(): Promise<RedisNode> {
    return Promise.any(
      this.sentinels.map(async (sentinel) => {
        const { sentinel_tilt: isTilted } = await sentinel.info();
        if (isTilted !== '0') throw new Error(`The Sentinel on port ${sentinel.port} only watches`);
        return sentinel;
      }),
    );
  }

  /** Makes a node a replica, as the Sentinels would ten seconds later; until then a returning master accepts writes. */
  private async follow(node: RedisNode, master: RedisNode): Promise<void> {
    if (!node.isAlive) return node.restart(this.replicaArgs(master));
    const { role } = await node.info();
    if (role === 'master') await node.ask('REPLICAOF', HOST, master.port);
  }

  private replicaArgs({ port }: RedisNode): string[] {
    return [...this.args, '--replicaof', HOST, String(port)];
  }

  private untilFollowed(): Promise<void> {
    return until('two replicas that follow the master', READY_WITHIN_MS, async () => {
      const infos = await Promise.all(this.nodes.map((node) => node.info()));
      const followers = infos.filter(({ master_link_status: link }) => link === 'up');
      return followers.length === 2;
    });
  }

  private untilAgreed(onMore: (view: View) => boolean): Promise<void> {
    return until('three Sentinels that agree', READY_WITHIN_MS, async () => {
      const views = await Promise.all(this.sentinels.map(viewOf));
      return views.every((view) => {
        const { port, flags, others } = view;
        return port === views[0]?.port && flags === 'master' && others === 2 && onMore(view);
      });
    });
  }
}

/** Starts Sentinels that know each other from the start. By themselves they would discover each other in some seconds. */
async function startSentinels([master, ...replicas]: readonly RedisNode[]): Promise<RedisNode[]> {
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const configs = ports.map((port) => ({ port, args: ['--sentinel'], config: configOf(port) }));
  return startNodes(configs);

  function configOf(own: number): string {
    const at = (port?: number) => `${NAME} ${HOST} ${port}`;
    return [
      `sentinel myid ${idOf(own)}`,
      `sentinel monitor ${at(master?.port)} ${QUORUM}`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${NAME} ${FAILOVER_TIMEOUT_MS}`,
      `sentinel parallel-syncs ${NAME} 2`,
      ...replicas.map((replica) => `sentinel known-replica ${at(replica.port)}`),
      ...ports
        .filter((port) => port !== own)
        .map((port) => `sentinel known-sentinel ${at(port)} ${idOf(port)}`),
    ].join('\n');
  }
}

function idOf(port: number): string {
  return createHash('sha1').update(`sentinel ${port}`).digest('hex');
}

async function masterPort(sentinel: RedisNode): Promise<number> {
  const [, port] = (await sentinel.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)) as string[];
  return Number(port);
}

/** A Sentinel's view of the topology. */
interface View {
  /** Of the master. */
  readonly port: string | undefined;
  /** Of the master: just `master` when nothing is the matter. */
  readonly flags: string | undefined;
  /** Number of healthy replicas. */
  readonly replicas: number;
  /** Number of other known Sentinels. */
  readonly others: number;
}

async function viewOf(sentinel: RedisNode): Promise<View> {
  const { port, flags, ...facts } = pairs(await sentinel.ask('SENTINEL', 'MASTER', NAME));
  const replicas = ((await sentinel.ask('SENTINEL', 'REPLICAS', NAME)) as unknown[]).map(pairs);
  return {
    port,
    flags,
    replicas: replicas.filter((replica) => replica['flags'] === 'slave').length,
    others: Number(facts['num-other-sentinels']),
  };
}

function pairs(reply: unknown): Record<string, string> {
  if (!Array.isArray(reply)) return { ...(reply as Record<string, string>) };
  const flat = reply as string[];
  return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : [])));
}

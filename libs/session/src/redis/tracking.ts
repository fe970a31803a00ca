import { randomUUID } from 'node:crypto';
import slotOf from 'cluster-key-slot';
import type { Cluster, Redis } from 'ioredis';
import { ElapsedTime } from '../cache/elapsed-time.js';
import type { Channel, Coherence, TrackedSource, TrackingListener } from '../cache/tracked-source.js';
import { SessionOptionsError } from '../core/errors/errors.js';
import type { SessionId, Shard } from '../core/record/token.js';
import { randomShard, shardOf } from '../core/record/token.js';
import { RedisCaller } from './caller.js';
import type { RedisKeys } from './keys.js';
import { OPERATIONS } from './operations.js';
import type { LaneSettings } from './tracking-lane.js';
import { isRefusal, TrackingLane } from './tracking-lane.js';
import { shownSentence } from '../core/errors/shown.js';

/** What tracking needs to know. */
export interface TrackingSettings {
  readonly keys: RedisKeys;
  readonly deadlineMs: number;
  readonly stalenessMs: number;
  readonly listener: TrackingListener;
}

/**
 * Opens connections on which Redis tells of changes, beside the client with which sessions are written.
 *
 * A server that is not there yet is tried again; one that does not allow it stops the application at its start.
 *
 * @throws SessionOptionsError when a server refuses client tracking
 */
export async function openTracking(
  client: Redis | Cluster,
  settings: TrackingSettings,
): Promise<TrackedSource> {
  const tracking = client.isCluster
    ? new ClusterTracking(client as Cluster, settings)
    : new ServerTracking(client as Redis, settings);
  const refusal = (await tracking.open()).find((error) => error !== null && isRefusal(error));
  if (!refusal) return tracking;
  await tracking.close();
  throw new SessionOptionsError(
    `cache: expected a Redis that lets its clients be told of changes, but it answered "${shownSentence(refusal.message)}". ` +
      'Allow CLIENT TRACKING, CLIENT ID, SUBSCRIBE and the channel __redis__:invalidate, or leave out "cache".',
    { cause: refusal },
  );
}

/** What is common to both: lanes to servers. */
abstract class Tracking implements TrackedSource {
  private readonly time = new ElapsedTime();
  private readonly caller: RedisCaller;
  /** What the client puts in front of all keys. */
  protected readonly keyPrefix: string;

  constructor(
    protected readonly client: Redis | Cluster,
    protected readonly settings: TrackingSettings,
  ) {
    this.caller = new RedisCaller(client, settings.stalenessMs);
    this.keyPrefix = (client.options as { keyPrefix?: string }).keyPrefix ?? '';
  }

  abstract open(): Promise<(Error | null)[]>;
  abstract channelFor(id: SessionId): Channel | null;
  abstract close(): Promise<void>;
  /** The lane to each server that holds sessions, or `undefined` where there is none yet. */
  protected abstract lanes(): readonly (TrackingLane | undefined)[];

  get coherence(): Coherence {
    const states = this.lanes().map((lane) => lane?.channel?.isCoherent() === true);
    if (!states.includes(true)) return 'bypassed';
    return states.includes(false) ? 'partly' : 'coherent';
  }

  /**
   * @param newShard returns a shard of which the node is the master
   * @param before the lane to the same server that the new one replaces
   */
  protected laneTo(node: Redis, newShard: () => Shard, before?: TrackingLane): TrackingLane {
    const { keys, deadlineMs, stalenessMs, listener } = this.settings;
    const server = nameOf(node);
    const settings: LaneSettings = {
      client: node,
      keys,
      keyPrefix: this.keyPrefix,
      deadlineMs,
      stalenessMs,
      time: this.time,
      newProbeKey: () => keys.probe(newShard(), randomUUID()),
      probe: (key) => this.caller.run('probe', OPERATIONS.probe, [key], []),
      onChange: (id) => listener.onChange(id),
      onFlush: (channel) => listener.onFlush(channel),
      onEnd: (channel) => listener.onFlush(channel),
      onBypassed: (reason) => listener.onBypassed(server, reason),
      onRestored: () => listener.onRestored(server),
    };
    return new TrackingLane(settings, before?.isBypassed);
  }
}

const CONNECTION_LOST = 'the connection that writes was lost';

/** One server, or the master behind Sentinels. */
class ServerTracking extends Tracking {
  private readonly lane: TrackingLane;
  /** The next connection may be to another master. What was written there, the channel would not hear of. */
  private readonly onClose = () => this.lane.doubt(CONNECTION_LOST);

  constructor(
    protected override readonly client: Redis,
    settings: TrackingSettings,
  ) {
    super(client, settings);
    this.lane = this.laneTo(client, randomShard);
    client.on('close', this.onClose);
  }

  async open(): Promise<(Error | null)[]> {
    return [await this.lane.open()];
  }

  channelFor(): Channel | null {
    return this.lane.channel;
  }

  close(): Promise<void> {
    this.client.off('close', this.onClose);
    this.lane.close();
    return Promise.resolve();
  }

  protected lanes(): readonly TrackingLane[] {
    return [this.lane];
  }
}

const CHANGES = ['+node', '-node', 'refresh'];
/** Enough to find one slot among 16,384 nearly always. */
const MAX_TRIES = 100_000;

/** A channel to each master of a Cluster. What a slot's master is, the client that writes decides. */
class ClusterTracking extends Tracking {
  /** The addresses of the masters in the slot map, also of those that the client has no connection to. */
  private serving: ReadonlySet<string> = new Set();
  /** By address. */
  private readonly byNode = new Map<string, TrackingLane>();
  private readonly onTopology = () => void this.follow();

  constructor(
    protected override readonly client: Cluster,
    settings: TrackingSettings,
  ) {
    super(client, settings);
    for (const event of CHANGES) client.on(event, this.onTopology);
  }

  open(): Promise<(Error | null)[]> {
    return this.follow();
  }

  channelFor(id: SessionId): Channel | null {
    const address = this.masterOf(shardOf(id));
    return address === undefined ? null : (this.byNode.get(address)?.channel ?? null);
  }

  close(): Promise<void> {
    for (const event of CHANGES) this.client.off(event, this.onTopology);
    for (const lane of this.byNode.values()) lane.close();
    this.byNode.clear();
    return Promise.resolve();
  }

  protected lanes(): readonly (TrackingLane | undefined)[] {
    return [...this.serving].map((address) => this.byNode.get(address));
  }

  /**
   * Closes lanes to nodes that are no longer masters and to masters that the client has lost, then opens a lane to each
   * master that the client has connected since.
   */
  private follow(): Promise<(Error | null)[]> {
    const nodes = new Map(this.client.nodes('master').map((node) => [addressOf(node), node]));
    this.serving = new Set(this.client.slots.flatMap((owners) => owners?.[0] ?? []));
    for (const [address, lane] of this.byNode) {
      const isServing = this.serving.has(address);
      if (isServing && lane.follows(nodes.get(address))) continue;
      lane.doubt(isServing ? CONNECTION_LOST : 'it is no master any more');
      lane.close();
      // The closed lane to a lost master stays, for the next one to continue the same outage.
      if (!isServing) this.byNode.delete(address);
    }
    const fresh = [...nodes].filter(
      ([address, node]) => this.serving.has(address) && !this.byNode.get(address)?.follows(node),
    );
    return Promise.all(fresh.map(([, node]) => this.begin(node)));
  }

  private begin(node: Redis): Promise<Error | null> {
    const address = addressOf(node);
    const lane = this.laneTo(node, () => this.shardOn(address), this.byNode.get(address));
    this.byNode.set(address, lane);
    return lane.open();
  }

  /** A shard that lies in a slot of a master. */
  private shardOn(address: string): Shard {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const shard = randomShard();
      if (this.masterOf(shard) === address) return shard;
    }
    throw new Error('it serves hardly any slots');
  }

  private masterOf(shard: Shard): string | undefined {
    return this.client.slots[slotOf(this.keyPrefix + this.settings.keys.sessionsOf(shard))]?.[0];
  }
}

function addressOf({ options }: Redis): string {
  return `${options.host}:${options.port}`;
}

function nameOf(node: Redis): string {
  const { sentinels, name, path } = node.options;
  return (sentinels ? name : path) ?? addressOf(node);
}

import { randomUUID } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { ElapsedTime } from '../cache/elapsed-time.js';
import type { Channel, Coherence, TrackedSource } from '../cache/tracked-source.js';
import { SessionOptionsError } from '../core/errors/errors.js';
import { shownSentence } from '../core/errors/shown.js';
import type { SessionId, Shard } from '../core/record/token.js';
import { randomShard, shardOf } from '../core/record/token.js';
import { RedisCaller } from './caller.js';
import { isCluster, mastersOf, slotOwners, SLOTS_REFRESHED } from './ioredis-internals.js';
import { isTrackingRejected, NodeTracker } from './node-tracker.js';
import { OPERATIONS } from './operations.js';
import { addressOf, keyPrefixOf, masterAddressOf } from './slots.js';
import type { TrackingContext } from './tracking-context.js';

/** The parts of the context that the store provides. */
export type TrackingSettings = Pick<
  TrackingContext,
  'keys' | 'deadlineMs' | 'stalenessMs' | 'listener' | 'meter'
>;

/**
 * Opens connections for reads of sessions that Redis invalidates, beside the client that writes the sessions.
 *
 * Servers that are unavailable are tried again; a server that does not allow client tracking stops the start.
 *
 * @throws SessionOptionsError if a server rejects client tracking
 */
export async function openTracking(
  client: Redis | Cluster,
  settings: TrackingSettings,
): Promise<TrackedSource> {
  const caller = new RedisCaller(client, settings.stalenessMs);
  const context: TrackingContext = {
    ...settings,
    keyPrefix: keyPrefixOf(client),
    time: new ElapsedTime(),
    probe: (key) => caller.run('probe', OPERATIONS.probe, [key], []),
  };
  const tracking = isCluster(client)
    ? new ClusterTracking(client, context)
    : new ServerTracking(client, context);
  const rejection = (await tracking.open()).find((error) => error !== null && isTrackingRejected(error));
  if (!rejection) return tracking;
  await tracking.close();
  throw new SessionOptionsError(
    `cache: expected a Redis that allows client tracking, but it answered "${shownSentence(rejection.message)}". ` +
      'Allow CLIENT TRACKING, CLIENT ID, SUBSCRIBE and the channel __redis__:invalidate, or leave out "cache".',
    { cause: rejection },
  );
}

const CONNECTION_LOST = 'the connection that writes was lost';

/** Tracks one server, or the master behind Sentinels. */
class ServerTracking implements TrackedSource {
  private readonly tracker: NodeTracker;
  /** Ends the channel: the next connection may lead to another master, whose changes the channel would miss. */
  private readonly onClose = () => this.tracker.doubt(CONNECTION_LOST);

  constructor(
    private readonly client: Redis,
    context: TrackingContext,
  ) {
    const newProbeKey = () => context.keys.probe(randomShard(), randomUUID());
    this.tracker = new NodeTracker({ client, name: nameOf(client), newProbeKey }, context);
    client.on('close', this.onClose);
  }

  get coherence(): Coherence {
    return coherenceOf([this.tracker]);
  }

  async open(): Promise<(Error | null)[]> {
    return [await this.tracker.open()];
  }

  channelFor(): Channel | null {
    return this.tracker.channel;
  }

  close(): Promise<void> {
    this.client.off('close', this.onClose);
    this.tracker.close();
    return Promise.resolve();
  }
}

const TOPOLOGY_EVENTS = ['+node', '-node', SLOTS_REFRESHED];
/** Enough random shards to find one of 16,384 slots almost certainly. */
const MAX_DRAWS = 100_000;

/** Tracks each master of a Cluster. The client that writes determines the master of a slot. */
class ClusterTracking implements TrackedSource {
  /** The addresses of the masters in the slot map, with and without a connection. */
  private serving: ReadonlySet<string> = new Set();
  /** By address. */
  private readonly trackers = new Map<string, NodeTracker>();
  /** Addresses of former masters whose outage was reported and whose slots other masters take over. */
  private readonly retired = new Set<string>();
  private readonly onTopology = () => void this.follow();

  constructor(
    private readonly client: Cluster,
    private readonly context: TrackingContext,
  ) {
    for (const event of TOPOLOGY_EVENTS) client.on(event, this.onTopology);
  }

  get coherence(): Coherence {
    return coherenceOf([...this.serving].map((address) => this.trackers.get(address)));
  }

  open(): Promise<(Error | null)[]> {
    return this.follow();
  }

  channelFor(id: SessionId): Channel | null {
    const address = this.masterOf(shardOf(id));
    return address === undefined ? null : (this.trackers.get(address)?.channel ?? null);
  }

  close(): Promise<void> {
    for (const event of TOPOLOGY_EVENTS) this.client.off(event, this.onTopology);
    for (const tracker of this.trackers.values()) tracker.close();
    this.trackers.clear();
    return Promise.resolve();
  }

  /**
   * Closes trackers of nodes that are no longer masters and of masters that the client has lost, then tracks each master
   * that the client has connected to since.
   */
  private follow(): Promise<(Error | null)[]> {
    const nodes = new Map(mastersOf(this.client).map((node) => [addressOf(node), node]));
    this.serving = new Set(slotOwners(this.client).flatMap((owners) => owners?.[0] ?? []));
    for (const [address, tracker] of this.trackers) {
      const isServing = this.serving.has(address);
      if (isServing && tracker.follows(nodes.get(address))) continue;
      tracker.doubt(isServing ? CONNECTION_LOST : 'the node is no longer a master');
      tracker.close();
      // The closed tracker of a lost master stays, so that the next one continues the same outage.
      if (!isServing) this.retire(address, tracker);
    }
    const added = [...nodes].filter(
      ([address, node]) => this.serving.has(address) && !this.trackers.get(address)?.follows(node),
    );
    const opened = added.map(([, node]) => this.track(node));
    this.reportRetired();
    return Promise.all(opened);
  }

  private track(node: Redis): Promise<Error | null> {
    const address = addressOf(node);
    const newProbeKey = () => this.context.keys.probe(this.shardOn(address), randomUUID());
    const isBypassed = this.retired.delete(address) || this.trackers.get(address)?.isBypassed === true;
    const tracker = new NodeTracker(
      { client: node, name: nameOf(node), newProbeKey },
      this.context,
      isBypassed,
      () => this.reportRetired(),
    );
    this.trackers.set(address, tracker);
    return tracker.open();
  }

  private retire(address: string, { isBypassed }: NodeTracker): void {
    this.trackers.delete(address);
    if (isBypassed) this.retired.add(address);
  }

  /** Reports the end of outages of former masters: their sessions are cached again once every slot has a coherent channel. */
  private reportRetired(): void {
    if (this.retired.size === 0 || this.coherence !== 'coherent') return;
    for (const address of this.retired) this.context.listener.onRestored(address);
    this.retired.clear();
  }

  /** Returns a shard in a slot of a master. */
  private shardOn(address: string): Shard {
    for (let draws = 0; draws < MAX_DRAWS; draws++) {
      const shard = randomShard();
      if (this.masterOf(shard) === address) return shard;
    }
    throw new Error("no hash tag found for this node's slots");
  }

  private masterOf(shard: Shard): string | undefined {
    return masterAddressOf(this.client, this.context.keys.sessionsOf(shard));
  }
}

/** Returns the coherence of all servers that hold sessions, of which some may not be tracked yet. */
function coherenceOf(trackers: readonly (NodeTracker | undefined)[]): Coherence {
  const states = trackers.map((tracker) => tracker?.channel?.isCoherent() === true);
  if (!states.includes(true)) return 'bypassed';
  return states.includes(false) ? 'partly' : 'coherent';
}

/** Returns the name of a server in events. */
function nameOf(node: Redis): string {
  const { sentinels, name, path } = node.options;
  return (sentinels ? name : path) ?? addressOf(node);
}

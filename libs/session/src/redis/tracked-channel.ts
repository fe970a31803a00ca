import type { Redis, RedisOptions } from 'ioredis';
import type { Channel, TrackedRead } from '../cache/tracked-source.js';
import { detailOf } from '../core/errors/errors.js';
import { timerMs } from '../core/runtime/timer.js';
import type { SessionId } from '../core/record/token.js';
import { withDeadline } from './deadline.js';
import {
  INVALIDATION_CHANNEL,
  onInvalidation,
  selectedDatabase,
  TRACKING_PROTOCOL,
} from './ioredis-internals.js';
import { OPERATIONS } from './operations.js';
import { decodeRecord } from './record.js';
import { redisErrorCode } from './redis-error.js';
import type { TrackingContext } from './tracking-context.js';

/** The number of heartbeats within the staleness bound: one may fail in a busy moment. */
const BEATS_PER_BOUND = 3;
const OPEN_TIMEOUT_MS = 2_000;
/** The share of the deadline that a read may take before the caller tries another way. */
const SHARE_OF_DEADLINE = 0.5;

/** Options of connections that never reconnect, because the server's tracking table ends with the connection. */
const WITHOUT_RECONNECT: RedisOptions = {
  ...TRACKING_PROTOCOL,
  lazyConnect: true,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  reconnectOnError: () => false,
  autoResubscribe: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: OPEN_TIMEOUT_MS,
  commandTimeout: undefined,
  // The heartbeat detects a silent connection.
  socketTimeout: undefined,
  // The client that writes follows the master, and a channel ends with that client's connection.
  failoverDetector: false,
};

const ENDLESS = { endsAt: Infinity };

/** The echo of a heartbeat, or the deletion of all keys. */
type Sign = 'echo' | 'flush';

/**
 * Two connections to one server: sessions are read over one of them, and the server sends an invalidation over the other
 * when they change. Invalidations arrive in the order of the changes.
 *
 * A heartbeat covers the whole path: it reads a key, lets the client that writes sessions change the key, and awaits the
 * invalidation. This proves that both connections are alive, that the server tracks the reads, and that it is the server
 * that receives the writes.
 */
export class TrackedChannel implements Channel {
  private readonly push: Redis;
  private readonly reader: Redis;
  private coherentUntil = 0;
  private hasEnded = false;
  private timer: NodeJS.Timeout | undefined;
  private onSign: (sign: Sign) => void = () => undefined;
  private readonly whenEnded: Promise<never>;
  private giveUp!: (reason: Error) => void;

  private constructor(
    client: Redis,
    private readonly probeKey: string,
    private readonly context: TrackingContext,
    private readonly onEnd: (channel: Channel, reason: string) => void,
  ) {
    const options = { ...WITHOUT_RECONNECT, keyPrefix: context.keyPrefix, db: selectedDatabase(client) };
    this.push = client.duplicate(options);
    this.reader = client.duplicate(options);
    this.whenEnded = new Promise<never>((_resolve, reject) => (this.giveUp = reject));
    this.whenEnded.catch(() => undefined);
  }

  /**
   * Opens a channel and proves that it works. Rejects after closing the connections.
   *
   * @param client the client that writes sessions to the server
   * @param probeKey a key for this channel alone, in a slot of the server
   */
  static async open(
    client: Redis,
    probeKey: string,
    context: TrackingContext,
    onEnd: (channel: Channel, reason: string) => void,
  ): Promise<TrackedChannel> {
    const channel = new TrackedChannel(client, probeKey, context, onEnd);
    try {
      await withDeadline(Promise.race([channel.connect(), channel.whenEnded]), OPEN_TIMEOUT_MS);
      await channel.beat();
      return channel;
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  isCoherent(): boolean {
    return this.isCurrent(ENDLESS);
  }

  isCurrent({ endsAt }: Pick<TrackedRead, 'endsAt'>): boolean {
    return !this.hasEnded && this.context.time.ms() < Math.min(endsAt, this.coherentUntil);
  }

  async read(id: SessionId): Promise<TrackedRead | null> {
    const { keys, time, deadlineMs, meter } = this.context;
    const key = keys.session(id);
    const beganAt = time.ms();
    const startedAt = performance.now();
    const replies = this.reader.pipeline().hgetall(key).pttl(key).exec();
    const [session, life] = (await withDeadline(replies, deadlineMs * SHARE_OF_DEADLINE)) ?? [];
    meter?.recordCall(OPERATIONS.load.name, startedAt);
    if (redisErrorCode(session?.[0]) === 'WRONGTYPE') return null;
    const error = session?.[0] ?? life?.[0];
    if (error) throw error;
    const endsAt = beganAt + (life?.[1] as number);
    const record = decodeRecord(id, session?.[1] as Record<string, string>);
    return record && { record, endsAt };
  }

  /** Ends the channel and reports the reason. */
  end(reason: string): void {
    if (this.hasEnded) return;
    this.close(reason);
    this.onEnd(this, reason);
  }

  close(reason = 'it was closed'): void {
    this.hasEnded = true;
    this.giveUp(new Error(reason));
    clearTimeout(this.timer);
    for (const connection of [this.push, this.reader]) {
      // On a connection that has ended, disconnect() would only start a timer that keeps the process alive for 2 s.
      if (connection.status !== 'end') connection.disconnect();
    }
  }

  private async connect(): Promise<void> {
    const { push, reader } = this;
    for (const connection of [push, reader]) {
      let reason = 'it closed the connection';
      connection.on('error', (error: Error) => (reason = error.message));
      connection.on('close', () => this.end(reason));
    }
    onInvalidation(push, (keys) => this.invalidate(keys));
    await Promise.all([push.connect(), reader.connect()]);
    // ioredis would continue in database 0 if Redis rejects another one.
    const { db = 0 } = reader.options;
    if (db !== 0) await reader.select(db);
    const pushId = await push.client('ID');
    await push.subscribe(INVALIDATION_CHANNEL);
    await reader.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', pushId);
  }

  private invalidate(keys: readonly Buffer[] | null): void {
    if (keys === null) {
      // All keys were deleted at once, including the tracked ones.
      this.context.listener.onFlush(this);
      this.onSign('flush');
      return;
    }
    for (const key of keys) this.invalidateKey(key.toString());
  }

  private invalidateKey(name: string): void {
    const { keys, keyPrefix, listener } = this.context;
    const key = name.slice(keyPrefix.length);
    if (key === this.probeKey) return this.onSign('echo');
    const id = keys.sessionOf(key);
    if (id) listener.onChange(id);
  }

  /** Proves once that invalidations arrive. The channel is coherent for a time that counts from before the proof. */
  private async beat(): Promise<void> {
    const { stalenessMs, time } = this.context;
    const beganAt = time.ms();
    await withDeadline(Promise.race([this.prove(), this.whenEnded]), stalenessMs);
    this.coherentUntil = beganAt + stalenessMs;
    this.timer = setTimeout(() => void this.beatAgain(), timerMs(stalenessMs / BEATS_PER_BOUND)).unref();
  }

  private async beatAgain(): Promise<void> {
    try {
      await this.beat();
    } catch (error) {
      this.end(detailOf(error as Error));
    }
  }

  private async prove(): Promise<void> {
    const { probeKey } = this;
    while (!this.hasEnded) {
      let early: Sign | null = null;
      this.onSign = (sign) => (early = sign);
      await this.reader.get(probeKey);
      // The server stopped tracking the key before it changed: its table was full, or was emptied.
      if (early) continue;
      const sign = new Promise<Sign>((resolve) => (this.onSign = resolve));
      const [received] = await Promise.all([sign, this.context.probe(probeKey)]);
      if (received === 'echo') return;
    }
  }
}

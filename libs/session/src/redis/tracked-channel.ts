import { detailOf } from '../core/errors/errors.js';
import type { Redis, RedisOptions } from 'ioredis';
import type { ElapsedTime } from '../cache/elapsed-time.js';
import type { Channel, TrackedRead } from '../cache/tracked-source.js';
import { timerMs } from '../core/runtime/timer.js';
import type { SessionId } from '../core/record/token.js';
import { databaseOf } from './database.js';
import { withDeadline } from './deadline.js';
import type { RedisKeys } from './keys.js';
import { decodeRecord } from './record.js';
import { redisErrorCode } from './redis-error.js';

/** What a channel needs, and what it tells. */
export interface ChannelSettings {
  /** The client that sessions are written with. The channel has connections of its own to the same server. */
  readonly client: Redis;
  readonly keys: RedisKeys;
  /** What that client puts in front of all keys. */
  readonly keyPrefix: string;
  /** A key of this channel's own, in a slot of the server. */
  readonly probeKey: string;
  /** Changes that key, by the client with which sessions are written. */
  readonly probe: (key: string) => Promise<unknown>;
  readonly deadlineMs: number;
  readonly stalenessMs: number;
  readonly time: ElapsedTime;
  readonly onChange: (id: SessionId) => void;
  readonly onFlush: (channel: Channel) => void;
  readonly onEnd: (channel: Channel, reason: string) => void;
}

/** Where a server tells a client of RESP2 what has changed. */
const INVALIDATIONS = '__redis__:invalidate';
/** Proofs in a time as long as the bound: one may be lost to a busy moment. */
const BEATS_PER_BOUND = 3;
const OPEN_WITHIN_MS = 2_000;
/** How long a read may take before another way is tried, of what a caller waits for. */
const SHARE_OF_DEADLINE = 0.5;

/**
 * Connections that never come back by themselves: what they knew is gone with them. RESP2, because ioredis 6 drops
 * invalidations on connections of RESP3.
 */
const FOR_ONE_LIFE: RedisOptions = {
  protocol: 2,
  lazyConnect: true,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  reconnectOnError: () => false,
  autoResubscribe: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: OPEN_WITHIN_MS,
  commandTimeout: undefined,
  // Silence is what the heartbeat is for.
  socketTimeout: undefined,
  // Whoever writes follows the master, and a channel ends with the writer's connection.
  failoverDetector: false,
};

type Sign = 'echo' | 'flush';

/**
 * Two connections to one server. Sessions are read over the one, so that the server tells on the other what has
 * changed. What is told there comes in the order in which it happened.
 *
 * A heartbeat goes the whole way: it reads a key, has it changed by the client with which sessions are written, and
 * waits to be told of it. That proves at once that both connections live, that the server still watches, and that it
 * is the server to which writes go.
 */
export class TrackedChannel implements Channel {
  private readonly push: Redis;
  private readonly reader: Redis;
  private readonly probeName: string;
  private coherentUntil = 0;
  private hasEnded = false;
  private timer: NodeJS.Timeout | undefined;
  private onSign: (sign: Sign) => void = () => undefined;
  private readonly whenEnded: Promise<never>;
  private giveUp!: (reason: Error) => void;

  private constructor(private readonly settings: ChannelSettings) {
    const { client, keyPrefix } = settings;
    const options = { ...FOR_ONE_LIFE, keyPrefix, db: databaseOf(client) };
    this.push = client.duplicate(options);
    this.reader = client.duplicate(options);
    this.whenEnded = new Promise<never>((_resolve, reject) => (this.giveUp = reject));
    this.whenEnded.catch(() => undefined);
    this.probeName = keyPrefix + settings.probeKey;
  }

  /** Opens a channel and proves that it works. @throws what went wrong; then nothing is left open */
  static async open(settings: ChannelSettings): Promise<TrackedChannel> {
    const channel = new TrackedChannel(settings);
    try {
      await withDeadline(Promise.race([channel.connect(), channel.whenEnded]), OPEN_WITHIN_MS);
      await channel.beat();
      return channel;
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  isCoherent(): boolean {
    return !this.hasEnded && this.settings.time.ms() < this.coherentUntil;
  }

  async read(id: SessionId): Promise<TrackedRead | null> {
    const { keys, deadlineMs } = this.settings;
    const key = keys.session(id);
    const replies = this.reader.pipeline().hgetall(key).pttl(key).exec();
    const [session, life] = (await withDeadline(replies, deadlineMs * SHARE_OF_DEADLINE)) ?? [];
    if (redisErrorCode(session?.[0]) === 'WRONGTYPE') return null;
    const error = session?.[0] ?? life?.[0];
    if (error) throw error;
    const livesForMs = life?.[1] as number;
    const record = decodeRecord(id, session?.[1] as Record<string, string>);
    return record && { record, livesForMs };
  }

  /** Ends it, and tells why. */
  end(reason: string): void {
    if (this.hasEnded) return;
    this.close(reason);
    this.settings.onEnd(this, reason);
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
    push.on('messageBuffer', (_channel: Buffer, keys: readonly Buffer[] | null) => this.hear(keys));
    await Promise.all([push.connect(), reader.connect()]);
    // ioredis goes on in database 0 where Redis refuses another one.
    const { db = 0 } = reader.options;
    if (db !== 0) await reader.select(db);
    const pushId = await push.client('ID');
    await push.subscribe(INVALIDATIONS);
    await reader.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', pushId);
  }

  private hear(keys: readonly Buffer[] | null): void {
    if (keys === null) {
      // Everything was deleted at once, and with it what was watched.
      this.settings.onFlush(this);
      this.onSign('flush');
      return;
    }
    for (const key of keys) this.hearOf(key.toString());
  }

  private hearOf(name: string): void {
    if (name === this.probeName) return this.onSign('echo');
    const { keys, keyPrefix, onChange } = this.settings;
    const id = keys.sessionOf(name.slice(keyPrefix.length));
    if (id) onChange(id);
  }

  /** Proves once that changes are told of, and lets time count from before the proof. */
  private async beat(): Promise<void> {
    const { stalenessMs, time } = this.settings;
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
    const { probe, probeKey } = this.settings;
    while (!this.hasEnded) {
      let early: Sign | null = null;
      this.onSign = (sign) => (early = sign);
      await this.reader.get(probeKey);
      // The server forgot the key before it was changed: its table was full, or was emptied.
      if (early) continue;
      const sign = new Promise<Sign>((resolve) => (this.onSign = resolve));
      const [heard] = await Promise.all([sign, probe(probeKey)]);
      if (heard === 'echo') return;
    }
  }
}

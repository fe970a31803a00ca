import type { Redis } from 'ioredis';
import type { Channel } from '../cache/tracked-source.js';
import { detailOf } from '../core/errors/errors.js';
import { redisErrorCode } from './redis-error.js';
import { TrackedChannel } from './tracked-channel.js';
import type { TrackingContext } from './tracking-context.js';

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

/** A server that is tracked. */
export interface TrackedNode {
  /** The client that writes sessions there. */
  readonly client: Redis;
  /** The name of the server in events. */
  readonly name: string;
  /** Returns a key for a new channel to watch, in a slot that the server owns now. */
  readonly newProbeKey: () => string;
}

/** Keeps a channel to one server open: when the channel ends, the tracker opens another one as soon as possible. */
export class NodeTracker {
  /** The channel in use; `null` if there is none. */
  channel: TrackedChannel | null = null;
  private isClosed = false;
  private retryMs = FIRST_RETRY_MS;
  /** The timer of the next attempt. */
  private timer: NodeJS.Timeout | undefined;
  /** Tries at once: the client that writes is connected again, so a channel is likely to connect too. */
  private readonly onReady = () => {
    this.retryMs = FIRST_RETRY_MS;
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.tryAgain();
  };

  /**
   * @param isBypassed True if an outage of this server was reported and its end was not. The tracker then reports only
   * the end.
   * @param onOpen called when a channel comes into use
   */
  constructor(
    private readonly node: TrackedNode,
    private readonly context: TrackingContext,
    public isBypassed = false,
    private readonly onOpen: () => void = () => undefined,
  ) {
    node.client.on('ready', this.onReady);
  }

  /** The name of the server in events. */
  get server(): string {
    return this.node.name;
  }

  /** Tries to open a channel, and keeps trying. Returns the error of the first attempt; `null` if it succeeded. */
  async open(): Promise<Error | null> {
    const onEnd = (channel: Channel, reason: string) => this.onEnd(channel, reason);
    try {
      const { client, newProbeKey } = this.node;
      const channel = await TrackedChannel.open(client, newProbeKey(), this.context, onEnd);
      if (this.isClosed) channel.close();
      else this.use(channel);
      return null;
    } catch (error) {
      this.bypass(detailOf(error as Error));
      this.retryLater();
      return error as Error;
    }
  }

  /** Returns `true` if the tracker is open and tracks the server of this client. */
  follows(client: Redis | undefined): boolean {
    return !this.isClosed && this.node.client === client;
  }

  /** Ends the channel in use, because writes may go to another server now. */
  doubt(reason: string): void {
    this.channel?.end(reason);
  }

  close(): void {
    this.isClosed = true;
    this.node.client.off('ready', this.onReady);
    clearTimeout(this.timer);
    const { channel } = this;
    this.channel = null;
    channel?.close();
  }

  private use(channel: TrackedChannel): void {
    this.channel = channel;
    this.retryMs = FIRST_RETRY_MS;
    if (this.isBypassed) this.context.listener.onRestored(this.server);
    this.isBypassed = false;
    this.onOpen();
  }

  private onEnd(channel: Channel, reason: string): void {
    // The failure of a channel that never came into use is the result of `open`.
    if (channel !== this.channel) return;
    this.channel = null;
    this.context.listener.onFlush(channel);
    this.bypass(reason);
    this.retryLater();
  }

  private bypass(reason: string): void {
    if (!this.isBypassed && !this.isClosed) this.context.listener.onBypassed(this.server, reason);
    this.isBypassed = true;
  }

  private retryLater(): void {
    if (this.isClosed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tryAgain(), this.retryMs * (0.5 + Math.random() / 2)).unref();
    this.retryMs = Math.min(2 * this.retryMs, LONGEST_RETRY_MS);
  }

  private tryAgain(): void {
    this.timer = undefined;
    void this.open();
  }
}

/** Returns `true` if a server will not allow a channel until its configuration changes. */
export function isTrackingRejected(error: Error): boolean {
  const code = redisErrorCode(error);
  return code === 'NOPERM' || code === 'ERR';
}

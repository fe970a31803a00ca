import { detailOf } from '../core/errors/errors.js';
import type { Channel } from '../cache/tracked-source.js';
import type { Redis } from 'ioredis';
import { redisErrorCode } from './redis-error.js';
import { TrackedChannel } from './tracked-channel.js';
import type { ChannelSettings } from './tracked-channel.js';

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

/** What a lane tells beside what its channels do. */
export interface LaneSettings extends Omit<ChannelSettings, 'probeKey' | 'onEnd'> {
  /** A key for a channel to watch, in a slot that the server has now. */
  readonly newProbeKey: () => string;
  readonly onEnd: (channel: Channel) => void;
  readonly onBypassed: (reason: string) => void;
  readonly onRestored: () => void;
}

/** Keeps a channel to one server open: when it ends, another one is opened as soon as that works. */
export class TrackingLane {
  /** The channel in use, or `null` while there is none. */
  channel: TrackedChannel | null = null;
  private isClosed = false;
  private retryMs = FIRST_RETRY_MS;
  /** Until the next try. */
  private timer: NodeJS.Timeout | undefined;
  /** Whoever writes has a connection again, so there is likely to be one for a channel too. */
  private readonly onReady = () => {
    this.retryMs = FIRST_RETRY_MS;
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.tryAgain();
  };

  /** @param isBypassed `true` continues an outage that has been reported: only its end is reported then */
  constructor(
    private readonly settings: LaneSettings,
    /** Whether an outage of this lane has been reported, and not its end. */
    public isBypassed = false,
  ) {
    settings.client.on('ready', this.onReady);
  }

  /**
   * Tries to open a channel, and goes on trying.
   *
   * @returns why it did not work at first; `null`: it did
   */
  async open(): Promise<Error | null> {
    const ended = (channel: Channel, reason: string) => this.onEnd(channel, reason);
    try {
      const probeKey = this.settings.newProbeKey();
      const channel = await TrackedChannel.open({ ...this.settings, probeKey, onEnd: ended });
      if (this.isClosed) channel.close();
      else this.use(channel);
      return null;
    } catch (error) {
      this.bypass(detailOf(error as Error));
      this.retryLater();
      return error as Error;
    }
  }

  /** Returns whether the lane is open and begins at this client. */
  follows(client: Redis | undefined): boolean {
    return !this.isClosed && this.settings.client === client;
  }

  /** Ends the channel in use: it may not be where writes go any more. */
  doubt(reason: string): void {
    this.channel?.end(reason);
  }

  close(): void {
    this.isClosed = true;
    this.settings.client.off('ready', this.onReady);
    clearTimeout(this.timer);
    const { channel } = this;
    this.channel = null;
    channel?.close();
  }

  private use(channel: TrackedChannel): void {
    this.channel = channel;
    this.retryMs = FIRST_RETRY_MS;
    if (this.isBypassed) this.settings.onRestored();
    this.isBypassed = false;
  }

  private onEnd(channel: Channel, reason: string): void {
    // One that never got as far as being used has told its opener.
    if (channel !== this.channel) return;
    this.channel = null;
    this.settings.onEnd(channel);
    this.bypass(reason);
    this.retryLater();
  }

  private bypass(reason: string): void {
    if (!this.isBypassed && !this.isClosed) this.settings.onBypassed(reason);
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

/** Whether a server will never let a channel open, as it is set up. */
export function isRefusal(error: Error): boolean {
  const code = redisErrorCode(error);
  return code === 'NOPERM' || code === 'ERR';
}

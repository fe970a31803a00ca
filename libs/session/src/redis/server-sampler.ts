import type { Cluster, Redis } from 'ioredis';
import { timerMs } from '../core/runtime/timer.js';
import { RedisKeys } from './keys.js';
import { RedisLease } from './lease.js';
import { readServerFigures, type ServerFigures } from './server-figures.js';

/** The settings of a {@link ServerSampler}. */
export interface ServerSamplerSettings {
  /** The prefix of the keys of the sessions. Processes with the same prefix share one lease. */
  readonly prefix: string;
  /** The interval between two samples, in milliseconds. */
  readonly everyMs: number;
  /** The time within which Redis must answer, in milliseconds. */
  readonly deadlineMs: number;
  /** Called with the error of a sample that failed, unless the one before failed too. */
  readonly onFailure: (error: Error) => void;
}

/** The name of the lease. */
const LEASE = 'server-figures';
/** A process that misses two samples in a row loses the lease. */
const INTERVALS_OF_LEASE = 3;

/**
 * Samples the figures of the Redis servers in one process at a time, under a lease, so that many processes cause no more
 * `INFO` than one. If the process ends, another one takes over: at once after a shutdown, and otherwise when the lease
 * expires.
 */
export class ServerSampler {
  private readonly lease: RedisLease;
  private latest: { readonly figures: readonly ServerFigures[]; readonly takenAt: number } | null = null;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isFailing = false;
  private isClosed = false;

  constructor(
    private readonly client: Redis | Cluster,
    private readonly settings: ServerSamplerSettings,
  ) {
    const { prefix, everyMs, deadlineMs } = settings;
    const key = new RedisKeys(prefix).lease(LEASE);
    this.lease = new RedisLease(client, key, everyMs * INTERVALS_OF_LEASE, deadlineMs);
  }

  /** Takes the first sample, and continues until {@link close}. Does not keep the process alive. */
  start(): void {
    this.running = this.sample();
    void this.running.then(() => {
      if (this.isClosed) return;
      this.timer = setTimeout(() => this.start(), timerMs(this.settings.everyMs)).unref();
    });
  }

  /** The figures of each server; none if another process samples them, or if the last sample is older than the lease. */
  get figures(): readonly ServerFigures[] {
    const { latest, lease } = this;
    return latest && performance.now() - latest.takenAt < lease.ttlMs ? latest.figures : [];
  }

  /** Stops, and releases the lease. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.running;
    const isHolder = this.figures.length > 0;
    this.latest = null;
    // Without Redis, the lease expires by itself.
    if (isHolder) await this.lease.release().catch(() => undefined);
  }

  private async sample(): Promise<void> {
    try {
      if (await this.lease.hold()) await this.read();
      else this.latest = null;
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.settings.onFailure(error as Error);
      this.isFailing = true;
    }
  }

  /** Keeps the figures of the servers that answer. @throws the error of the first one that does not */
  private async read(): Promise<void> {
    const takenAt = performance.now();
    const results = await readServerFigures(this.client, this.settings.deadlineMs);
    const figures = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    this.latest = { figures, takenAt };
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason as Error;
  }
}

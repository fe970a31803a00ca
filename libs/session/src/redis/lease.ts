import { randomUUID } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { withDeadline } from './deadline.js';
import { runScript } from './scripts.js';

const RELEASE = 0;

/**
 * A right that one process has at a time. The holder extends it while it lives; after its death, the lease expires and
 * another process takes it.
 */
export class RedisLease {
  private readonly holder = randomUUID();

  constructor(
    private readonly client: Redis | Cluster,
    private readonly key: string,
    /** The lifetime of the lease, in milliseconds. */
    readonly ttlMs: number,
    private readonly deadlineMs: number,
  ) {}

  /** Takes or extends the lease. Returns false if another process holds it. */
  hold(): Promise<boolean> {
    return this.run(this.ttlMs);
  }

  /** Lets another process take the lease at once. */
  async release(): Promise<void> {
    await this.run(RELEASE);
  }

  private async run(ttlMs: number): Promise<boolean> {
    const reply = runScript(this.client, 'lease', [this.key], [this.holder, ttlMs]);
    return (await withDeadline(reply, this.deadlineMs)) !== 0;
  }
}

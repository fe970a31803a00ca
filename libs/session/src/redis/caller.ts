import type { Cluster, Redis } from 'ioredis';
import { SessionUnavailableError } from '../core/errors.js';
import { lookoutFor } from './cluster.js';
import { withDeadline } from './deadline.js';
import { withoutCommand } from './redis-error.js';
import type { ScriptName } from './scripts.js';
import { runScript } from './scripts.js';

/** Calls Redis within a deadline, and knows what time it is there. */
export class RedisCaller {
  /** What the server's clock is ahead of ours, in milliseconds. Every reply of a script refreshes it. */
  private clockOffsetMs = 0;
  private readonly lookOut: () => void;

  constructor(
    private readonly client: Redis | Cluster,
    private readonly deadlineMs: number,
  ) {
    this.lookOut = lookoutFor(client);
  }

  /** Runs commands. Whatever fails, fails as one error that names the operation. */
  async call<T>(operation: string, command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    try {
      return await withDeadline(command(this.client), this.deadlineMs);
    } catch (error) {
      this.lookOut();
      throw new SessionUnavailableError(operation, withoutCommand(error));
    }
  }

  /** Runs a script. */
  run(
    script: ScriptName,
    operation: string,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const endsAt = performance.now() + this.deadlineMs;
    const isAwaited = () => performance.now() < endsAt;
    return this.call(operation, (client) => runScript(client, script, keys, args, isAwaited));
  }

  /** The server's time as far as we know it. */
  now(): number {
    return Date.now() + this.clockOffsetMs;
  }

  /** Takes over the server's time from a reply. */
  synchronise(serverNow: number): void {
    this.clockOffsetMs = serverNow - Date.now();
  }

  /** Asks the server for its time: a sign of life that also tells how far its clock is from ours. */
  async ping(): Promise<void> {
    const [seconds, microseconds] = await this.call('reach Redis', (client) => client.time());
    this.synchronise(Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000));
  }
}

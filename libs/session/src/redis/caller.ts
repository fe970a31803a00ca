import type { StoreBreaker } from '../core/breaker.js';
import type { Cluster, Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import type { Meter } from '../core/statistics.js';
import { sendTogether } from './batch.js';
import { Breakers } from './breakers.js';
import { reasonOfBreak } from './breaks.js';
import { databaseOf, isOnDatabase, refusedDatabase } from './database.js';
import { withDeadline } from './deadline.js';
import { recoveryFor } from './recovery.js';
import { hasNotRun, isOutage, NotConnectedError, redisErrorCode, toStoreError } from './redis-error.js';
import type { ScriptName } from './scripts.js';
import { runScript } from './scripts.js';
import { ServerTime } from './server-time.js';

/** What is asked of Redis. */
export interface RedisCall {
  /** What it is for, as it stands in "could not …". */
  readonly operation: string;
  /** A key that it is about, which in a Cluster says which server is asked. */
  readonly key: string;
  /** Whether it does no harm to ask again when nobody knows whether it was done. */
  readonly isRepeatable?: boolean;
  /** When its caller began to wait, by `performance.now()`, if that was before. The deadline counts from then. */
  readonly waitingSince?: number | undefined;
}

/** A second try comes after this part of the deadline, but no later than this, or up to half as much more. */
const RETRY_AFTER_SHARE = 0.25;
const LONGEST_PAUSE_MS = 80;

/** Calls Redis within a deadline, and knows what time it is there. */
export class RedisCaller {
  private readonly breakers: Breakers;
  /** Every reply of a script refreshes it. */
  private readonly time = new ServerTime(() => this.askTime());
  private readonly recover: (error: unknown) => void;

  constructor(
    private readonly client: Redis | Cluster,
    private readonly deadlineMs: number,
    private readonly meter?: Meter,
  ) {
    this.breakers = new Breakers(client);
    this.recover = recoveryFor(client);
  }

  get breaker(): StoreBreaker {
    return this.breakers;
  }

  /** Runs commands. Whatever fails, fails in time, and as one kind of error that names the operation. */
  async call<T>(call: RedisCall, command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    try {
      return await this.breakers.of(call.key).run(() => this.inTime(call, command));
    } catch (error) {
      this.recover(error);
      this.meter?.noteFailure();
      throw toStoreError(call.operation, error);
    }
  }

  /** Runs a script. */
  run(
    script: ScriptName,
    call: Omit<RedisCall, 'key'>,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const endsAt = performance.now() + this.deadlineMs;
    const isAwaited = () => performance.now() < endsAt;
    return this.call({ ...call, key: keys[0] as string }, (client) =>
      runScript(client, script, keys, args, isAwaited),
    );
  }

  /** The server's time as far as we know it. */
  now(): number {
    return this.time.now();
  }

  /** Takes over the server's time from a reply. */
  synchronise(serverNow: number): void {
    this.time.synchronise(serverNow);
  }

  /**
   * Asks the server to change a key that holds nothing: a sign of life that also tells how far its clock is from ours. A
   * server that only reads fails, and so does one that loads what it holds. It asks though the breaker is open, and
   * closes it when there is an answer.
   */
  async ping(key: string): Promise<void> {
    try {
      const answer = this.send((client) => runScript(client, 'probe', [key], []));
      this.synchronise((await withDeadline(answer, this.deadlineMs)) as number);
      this.breakers.noteLife();
    } catch (error) {
      this.recover(error);
      if (!isOutage(error)) this.breakers.noteLife();
      throw toStoreError('reach Redis', error);
    }
  }

  private async askTime(): Promise<number> {
    const [seconds, microseconds] = await withDeadline(
      this.send((client) => client.time()),
      this.deadlineMs,
    );
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }

  private async inTime<T>(call: RedisCall, command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const endsAt = (call.waitingSince ?? startedAt) + this.deadlineMs;
    try {
      const first = this.send(command);
      const answer = first.catch((error: unknown) => this.tryAgain<T>(error, call, command, endsAt));
      return await withDeadline(answer, Math.max(1, Math.ceil(endsAt - startedAt)));
    } finally {
      this.meter?.noteCall(performance.now() - startedAt);
    }
  }

  private async tryAgain<T>(
    error: unknown,
    { isRepeatable = false }: RedisCall,
    command: (client: Redis | Cluster) => Promise<T>,
    endsAt: number,
  ): Promise<T> {
    this.recover(error);
    const isUnknown = redisErrorCode(error) === null;
    if (!hasNotRun(error) && !(isRepeatable && isUnknown)) throw error;
    await this.pause();
    // The caller has gone, and whatever is sent now would run behind its back.
    if (performance.now() >= endsAt) throw error;
    return await this.send(command).catch((second: unknown) => {
      // What the server said the first time tells more.
      throw second instanceof NotConnectedError ? error : second;
    });
  }

  /** Long enough for a new connection, and not the same for all who have lost theirs. */
  private pause(): Promise<void> {
    const pauseMs = Math.min(this.deadlineMs * RETRY_AFTER_SHARE, LONGEST_PAUSE_MS);
    return delay(pauseMs * (1 + Math.random() / 2), undefined, { ref: false });
  }

  private send<T>(command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    const { client } = this;
    const problem = this.problemOfConnection();
    if (problem) return Promise.reject(problem);
    sendTogether(client);
    return command(client);
  }

  private problemOfConnection(): NotConnectedError | null {
    const { client } = this;
    // One of the application's own may queue commands, of which we have warned. They run before Redis has confirmed
    // the connection's database.
    const mayQueue = client.options.enableOfflineQueue !== false && !usesOtherDatabase(client);
    if (client.status === 'ready' ? isOnDatabase(client) : mayQueue) return null;
    const cause = refusedDatabase(client) ?? reasonOfBreak(client);
    return new NotConnectedError(`it is not connected${cause ? ` (${cause.message || cause.name})` : ''}`, {
      cause,
    });
  }
}

function usesOtherDatabase(client: Redis | Cluster): boolean {
  return !client.isCluster && databaseOf(client as Redis) !== 0;
}

import type { StoreBreaker } from '../core/store/breaker.js';
import type { SessionUnavailableError } from '../core/errors/errors.js';
import type { Cluster, Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import type { Meter } from '../core/runtime/statistics.js';
import { CircuitOpenError } from './circuit-breaker.js';
import { CircuitBreakers } from './circuit-breakers.js';
import { connectionError } from './connection-loss.js';
import { isOnDatabase, databaseError } from './database.js';
import { withDeadline } from './deadline.js';
import { cork, isCluster, selectedDatabase } from './ioredis-internals.js';
import { hasNotRun, isOutage, NotConnectedError, redisErrorCode, toStoreError } from './redis-error.js';
import type { ScriptName } from './scripts.js';
import { runScript } from './scripts.js';
import { ServerTime } from './server-time.js';
import { refreshTopologyOnFailure } from './topology-refresh.js';

/** A call to Redis. */
export interface RedisCall {
  /** The purpose, which completes "could not …". */
  readonly operation: string;
  /** A key of the call. In a Cluster it determines the server. */
  readonly key: string;
  /** True if the call may be repeated when the outcome of the first attempt is unknown. */
  readonly isRepeatable?: boolean;
  /** The `performance.now()` at which the caller began to wait, if earlier than the call. The deadline counts from there. */
  readonly waitingSince?: number | undefined;
}

/** Sends the commands of a call. */
export type RedisCommand<T> = (client: Redis | Cluster) => Promise<T>;

/** The pause before the second attempt: a share of the deadline, at most so long, and up to half as much more. */
const RETRY_AFTER_SHARE = 0.25;
const LONGEST_PAUSE_MS = 80;

/** Calls Redis within a deadline, and knows the time of its clock. */
export class RedisCaller {
  private readonly breakers: CircuitBreakers;
  /** Every reply of a script refreshes it. */
  private readonly time = new ServerTime(() => this.readTime());
  private readonly refreshTopology: (error: unknown) => void;

  constructor(
    private readonly client: Redis | Cluster,
    private readonly deadlineMs: number,
    private readonly meter?: Meter,
  ) {
    this.breakers = new CircuitBreakers(client);
    this.refreshTopology = refreshTopologyOnFailure(client);
  }

  get breaker(): StoreBreaker {
    return this.breakers;
  }

  /** Runs a command, and repeats it once if that is safe. Rejects within the deadline, with an error that names the operation. */
  async call<T>(call: RedisCall, command: RedisCommand<T>): Promise<T> {
    const breaker = this.breakers.only ?? this.breakers.of(call.key);
    if (breaker.state !== 'closed' && !breaker.startTrial()) throw this.failure(call, new CircuitOpenError());
    const { epoch } = breaker;
    const startedAt = performance.now();
    const endsAt = (call.waitingSince ?? startedAt) + this.deadlineMs;
    try {
      const answer = this.send(command).catch((error: unknown) => this.retry(error, call, command, endsAt));
      const reply = await withDeadline(answer, Math.max(1, Math.ceil(endsAt - startedAt)));
      breaker.succeed(epoch);
      return reply;
    } catch (error) {
      if (isOutage(error)) breaker.fail(epoch, error as Error);
      else breaker.succeed(epoch);
      throw this.failure(call, error);
    } finally {
      this.meter?.recordCall(performance.now() - startedAt);
    }
  }

  /** Runs a script, and adopts the server's time from its reply. */
  async run(
    script: ScriptName,
    call: Omit<RedisCall, 'key'>,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const requestedAt = performance.now();
    const endsAt = (call.waitingSince ?? requestedAt) + this.deadlineMs;
    const isAwaited = () => performance.now() < endsAt;
    const reply = await this.call({ ...call, key: keys[0] as string }, (client) =>
      runScript(client, script, keys, args, isAwaited),
    );
    const serverNow = timeOf(reply);
    if (serverNow !== null) this.time.synchronise(serverNow, requestedAt);
    return reply;
  }

  /** Returns the server's time as far as it is known. */
  now(): number {
    return this.time.now();
  }

  /**
   * Runs a write to a key that stays empty, which also synchronises the time: a server that is read-only or still loads
   * its data fails it. Bypasses the circuit breaker, and closes it when the server replies.
   */
  async ping(key: string): Promise<void> {
    try {
      const requestedAt = performance.now();
      const answer = this.send((client) => runScript(client, 'probe', [key], []));
      this.time.synchronise((await withDeadline(answer, this.deadlineMs)) as number, requestedAt);
      this.breakers.recordReply();
    } catch (error) {
      this.refreshTopology(error);
      if (!isOutage(error)) this.breakers.recordReply();
      throw toStoreError('reach Redis', error);
    }
  }

  private async readTime(): Promise<number> {
    const [seconds, microseconds] = await withDeadline(
      this.send((client) => client.time()),
      this.deadlineMs,
    );
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }

  private failure(call: RedisCall, error: unknown): SessionUnavailableError {
    this.refreshTopology(error);
    this.meter?.recordFailure();
    return toStoreError(call.operation, error);
  }

  private async retry<T>(
    error: unknown,
    { isRepeatable = false }: RedisCall,
    command: RedisCommand<T>,
    endsAt: number,
  ): Promise<T> {
    this.refreshTopology(error);
    const isUnknown = redisErrorCode(error) === null;
    if (!hasNotRun(error) && !(isRepeatable && isUnknown)) throw error;
    await this.pause();
    // The caller has stopped waiting and must not find the command run later.
    if (performance.now() >= endsAt) throw error;
    return await this.send(command).catch((second: unknown) => {
      // The reply to the first attempt says more.
      throw second instanceof NotConnectedError ? error : second;
    });
  }

  /** Waits long enough for a new connection, and not equally long in all calls that lost theirs. */
  private pause(): Promise<void> {
    const pauseMs = Math.min(this.deadlineMs * RETRY_AFTER_SHARE, LONGEST_PAUSE_MS);
    return delay(pauseMs * (1 + Math.random() / 2), undefined, { ref: false });
  }

  private send<T>(command: RedisCommand<T>): Promise<T> {
    const { client } = this;
    const problem = this.problemOfConnection();
    if (problem) return Promise.reject(problem);
    cork(client);
    return command(client);
  }

  private problemOfConnection(): NotConnectedError | null {
    const { client } = this;
    // A client of the application may queue commands, which was warned about. Queued commands run before Redis has
    // confirmed the connection's database.
    const mayQueue = client.options.enableOfflineQueue !== false && !usesOtherDatabase(client);
    if (client.status === 'ready' ? isOnDatabase(client) : mayQueue) return null;
    const cause = databaseError(client) ?? connectionError(client);
    return new NotConnectedError(
      `the client is not connected${cause ? ` (${cause.message || cause.name})` : ''}`,
      {
        cause,
      },
    );
  }
}

/** Returns the server's time in the reply of a script, which is its first number; `null` if it has none, but a failure. */
function timeOf(reply: unknown): number | null {
  const first = [reply].flat().find((value) => typeof value === 'number');
  return first !== undefined && first > 0 ? first : null;
}

function usesOtherDatabase(client: Redis | Cluster): boolean {
  return !isCluster(client) && selectedDatabase(client) !== 0;
}

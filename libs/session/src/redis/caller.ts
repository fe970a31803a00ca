import type { StoreBreaker } from '../core/store/breaker.js';
import type { SessionUnavailableError } from '../core/errors/errors.js';
import type { Cluster, Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import type { Meter } from '../core/runtime/statistics.js';
import { CircuitOpenError } from './circuit-breaker.js';
import { CircuitBreakers } from './circuit-breakers.js';
import { connectionError } from './connection-loss.js';
import { isOnDatabase, databaseError } from './database.js';
import { DeadlineError, withDeadline } from './deadline.js';
import { DeadlineQueue } from './deadline-queue.js';
import { cork, isCluster, selectedDatabase } from './ioredis-internals.js';
import type { Operation } from './operations.js';
import type { PendingCall, RedisCall } from './redis-call.js';
import {
  errorTypeOf,
  hasNotRun,
  isOutage,
  NotConnectedError,
  redisErrorCode,
  toStoreError,
} from './redis-error.js';
import type { ScriptName } from './scripts.js';
import { runScript, ScriptCall } from './scripts.js';
import { ServerTime } from './server-time.js';
import { refreshTopologyOnFailure } from './topology-refresh.js';

/** The pause before the second attempt: a share of the deadline, at most so long, and up to half as much more. */
const RETRY_AFTER_SHARE = 0.25;
const LONGEST_PAUSE_MS = 80;

/** Calls Redis within a deadline, and knows the time of its clock. */
export class RedisCaller {
  private readonly breakers: CircuitBreakers;
  /** Every reply of a script refreshes it. */
  private readonly time = new ServerTime(() => this.readTime());
  private readonly refreshTopology: (error: unknown) => void;
  private readonly pending: DeadlineQueue<PendingCall>;

  constructor(
    private readonly client: Redis | Cluster,
    private readonly deadlineMs: number,
    private readonly meter?: Meter,
  ) {
    this.breakers = new CircuitBreakers(client);
    this.refreshTopology = refreshTopologyOnFailure(client);
    this.pending = new DeadlineQueue((call) => this.fail(call, new DeadlineError(deadlineMs)));
  }

  get breaker(): StoreBreaker {
    return this.breakers;
  }

  /**
   * Sends the command of a call, and repeats it once if that is safe. Rejects within the deadline, with an error that names the
   * operation.
   */
  call<T>(call: RedisCall<T>): Promise<T> {
    const breaker = this.breakers.only ?? this.breakers.of(call.key);
    if (breaker.state !== 'closed' && !breaker.startTrial())
      return Promise.reject(this.failure(call, new CircuitOpenError()));
    const settled = call.begin(breaker, this.deadlineMs);
    this.pending.add(call);
    try {
      call.send(this.connected()).then(
        (reply) => this.succeed(call, reply),
        (error: unknown) => void this.recover(call, error),
      );
    } catch (error) {
      void this.recover(call, error);
    }
    return settled;
  }

  /** Runs a script, and adopts the server's time from its reply. */
  run(
    script: ScriptName,
    operation: Operation,
    keys: readonly string[],
    args: readonly (string | number)[],
    waitingSince?: number,
  ): Promise<unknown> {
    return this.call(new ScriptCall(operation, script, keys, args, waitingSince));
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
      const answer = runScript(this.connected(), 'probe', [key], []);
      this.time.synchronise((await withDeadline(answer, this.deadlineMs)) as number, requestedAt);
      this.breakers.recordReply();
    } catch (error) {
      this.refreshTopology(error);
      if (!isOutage(error)) this.breakers.recordReply();
      throw toStoreError('reach Redis', error);
    }
  }

  private async readTime(): Promise<number> {
    const [seconds, microseconds] = await withDeadline(this.connected().time(), this.deadlineMs);
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }

  private succeed<T>(call: RedisCall<T>, reply: T): void {
    if (!this.pending.remove(call)) return;
    call.resolve(reply);
    const serverNow = call.timeIn(reply);
    if (serverNow !== null) this.time.synchronise(serverNow, call.startedAt);
    call.breaker?.succeed(call.epoch);
    this.meter?.recordCall(call.operation.name, call.startedAt);
  }

  /** Fails a call that the queue of pending calls has dropped. */
  private fail(call: PendingCall, error: unknown): void {
    call.reject(this.failure(call, error));
    if (isOutage(error)) call.breaker?.fail(call.epoch, error as Error);
    else call.breaker?.succeed(call.epoch);
    this.meter?.recordCall(call.operation.name, call.startedAt, errorTypeOf(error));
  }

  private failure({ operation }: PendingCall, error: unknown): SessionUnavailableError {
    this.refreshTopology(error);
    this.meter?.recordFailure(errorTypeOf(error));
    return toStoreError(operation.operation, error);
  }

  /** Continues a call whose first attempt has failed. */
  private async recover<T>(call: RedisCall<T>, first: unknown): Promise<void> {
    try {
      this.succeed(call, await this.replyAfter(call, first));
    } catch (error) {
      if (this.pending.remove(call)) this.fail(call, error);
    }
  }

  private async replyAfter<T>(call: RedisCall<T>, first: unknown): Promise<T> {
    try {
      return await call.recover(first, this.client);
    } catch (error) {
      return await this.retry(call, error);
    }
  }

  private async retry<T>(call: RedisCall<T>, first: unknown): Promise<T> {
    this.refreshTopology(first);
    const isUnknown = redisErrorCode(first) === null;
    if (!hasNotRun(first) && !(call.operation.isRepeatable && isUnknown)) throw first;
    await this.pause();
    // The caller has stopped waiting and must not find the command run later.
    if (performance.now() >= call.endsAt) throw first;
    try {
      return await this.attempt(call);
    } catch (second) {
      // The reply to the first attempt says more.
      throw second instanceof NotConnectedError ? first : second;
    }
  }

  private async attempt<T>(call: RedisCall<T>): Promise<T> {
    try {
      return await call.send(this.connected());
    } catch (error) {
      return await call.recover(error, this.client);
    }
  }

  /** Waits long enough for a new connection, and not equally long in all calls that lost theirs. */
  private pause(): Promise<void> {
    const pauseMs = Math.min(this.deadlineMs * RETRY_AFTER_SHARE, LONGEST_PAUSE_MS);
    return delay(pauseMs * (1 + Math.random() / 2), undefined, { ref: false });
  }

  /**
   * Returns the client, which sends all commands of this turn of the event loop at once.
   *
   * @throws NotConnectedError if the client is not connected
   */
  private connected(): Redis | Cluster {
    const { client } = this;
    if (client.status === 'ready' ? !isOnDatabase(client) : !mayQueue(client)) throw notConnected(client);
    cork(client);
    return client;
  }
}

/** Returns `true` for a client of the application that may queue commands, which was logged as a warning. */
function mayQueue(client: Redis | Cluster): boolean {
  // Queued commands run before Redis has confirmed the connection's database.
  const usesOtherDatabase = !isCluster(client) && selectedDatabase(client) !== 0;
  return client.options.enableOfflineQueue !== false && !usesOtherDatabase;
}

function notConnected(client: Redis | Cluster): NotConnectedError {
  const cause = databaseError(client) ?? connectionError(client);
  const reason = cause ? ` (${cause.message || cause.name})` : '';
  return new NotConnectedError(`the client is not connected${reason}`, { cause });
}

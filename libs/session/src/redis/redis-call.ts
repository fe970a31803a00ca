import type { Cluster, Redis } from 'ioredis';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { Waiting } from './deadline-queue.js';
import type { Operation } from './operations.js';
import { type OTHER_TYPE, otherTypeOf } from './redis-error.js';

/** A call that waits for its reply, of any type. */
export interface PendingCall extends Waiting {
  readonly operation: Operation;
  /** The `performance.now()` at which the call began. */
  readonly startedAt: number;
  readonly breaker: CircuitBreaker | null;
  /** The epoch of the breaker in which the call began. */
  readonly epoch: number;
  reject(error: Error): void;
}

/**
 * A call to Redis: its command, and its progress, which {@link RedisCaller} keeps. Every request makes calls, so one
 * object holds all that a call needs. Each instance is used once.
 */
export abstract class RedisCall<T> implements PendingCall {
  startedAt = 0;
  /** The deadline, by `performance.now()`. */
  endsAt = Infinity;
  earlier: Waiting | null = null;
  later: Waiting | null = null;
  breaker: CircuitBreaker | null = null;
  epoch = 0;
  resolve: (reply: T) => void = ignore;
  reject: (error: Error) => void = ignore;

  /**
   * @param key a key of the command. In a Cluster it determines the server
   * @param waitingSince the `performance.now()` at which the caller began to wait, if earlier than the call. The deadline
   *   counts from there
   */
  constructor(
    readonly operation: Operation,
    readonly key: string,
    readonly waitingSince?: number,
  ) {}

  /** Starts the time of the call. Returns the promise that the caller of the store awaits. */
  begin(breaker: CircuitBreaker, deadlineMs: number): Promise<T> {
    this.breaker = breaker;
    this.epoch = breaker.epoch;
    this.startedAt = performance.now();
    this.endsAt = (this.waitingSince ?? this.startedAt) + deadlineMs;
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Sends the command. */
  abstract send(client: Redis | Cluster): Promise<T>;

  /** Returns the reply in place of an error that the call expects. Throws all other errors. */
  abstract recover(error: unknown, client: Redis | Cluster): T | Promise<T>;

  /** Returns the server's time in a reply; `null` if there is none. */
  abstract timeIn(reply: T): number | null;
}

/** Reads a hash. */
export class HashRead extends RedisCall<Record<string, string> | typeof OTHER_TYPE> {
  send(client: Redis | Cluster): Promise<Record<string, string>> {
    return client.hgetall(this.key);
  }

  recover(error: unknown): typeof OTHER_TYPE {
    return otherTypeOf(error);
  }

  timeIn(): null {
    return null;
  }
}

/** Reads a string. */
export class StringRead extends RedisCall<string | null | typeof OTHER_TYPE> {
  send(client: Redis | Cluster): Promise<string | null> {
    return client.get(this.key);
  }

  recover(error: unknown): typeof OTHER_TYPE {
    return otherTypeOf(error);
  }

  timeIn(): null {
    return null;
  }
}

function ignore(): void {
  // Replaced when the call is sent.
}

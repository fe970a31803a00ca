import type { Cluster, Redis } from 'ioredis';
import { SessionOptionsError } from '../core/errors/errors.js';
import { openRedis } from './client.js';
import { problemOfTarget, type RedisTarget } from './target.js';

/** Options of {@link connectRedis}. */
export interface ConnectRedisOptions {
  /**
   * Time after which a reply counts as overdue, in milliseconds.
   *
   * @defaultValue 5000
   */
  readonly deadlineMs?: number;
  /** Called with a sentence when the connection is lost or restored. */
  readonly onWarning?: (message: string) => void;
}

/** A connection to Redis that {@link connectRedis} opened. */
export interface OpenedRedis {
  /** The ioredis client. Pass it to `RedisStore` and {@link RedisInspection}. */
  readonly client: Redis | Cluster;
  /** Closes the connection after the replies to pending commands. */
  close(): Promise<void>;
}

const DEADLINE_MS = 5_000;

/**
 * Connects to Redis as `SessionModule` does, without Nest: for programs beside the application, such as a job or a command.
 *
 * @throws SessionOptionsError if the target is invalid or Redis cannot be reached; `cause` has the error of the connection
 * @example
 * const { client, close } = await connectRedis('redis://127.0.0.1:6379');
 */
export async function connectRedis(
  target: RedisTarget,
  { deadlineMs = DEADLINE_MS, onWarning = () => undefined }: ConnectRedisOptions = {},
): Promise<OpenedRedis> {
  const problem = problemOfTarget(target);
  if (problem !== null) throw new SessionOptionsError(`redis: ${problem}`);
  const connection = await openRedis(target, deadlineMs, onWarning);
  connection.holdProcess();
  return { client: connection.client, close: () => connection.close() };
}

export interface RedisServerOptions {
  /** Additional arguments of `redis-server`, such as `['--requirepass', 'secret']`; they come last, so they take precedence. */
  args?: string[];
  /** Text of a configuration file, which a Sentinel needs and rewrites. Not supported if the server runs in Docker. */
  config?: string;
  /** @defaultValue a free port */
  port?: number;
  /**
   * Time in which the server must be ready, in milliseconds. A server that loads a large file needs longer.
   *
   * @defaultValue 15000, and 180000 in Docker
   */
  readyWithinMs?: number;
}

export interface RedisServer {
  /** The URL of the server, with the password if `--requirepass` was given. */
  url: string;
  port: number;
  /** The process of the server, or that of the Docker client which runs it. */
  pid: number;
  /** Ends the server and removes its folder. Safe to call twice, and after `kill`. */
  stop(): Promise<void>;
  /**
   * Sends a signal to the server. After a signal that ends it, waits for the end of the process; `SIGSTOP` and `SIGCONT`
   * return at once.
   *
   * @defaultValue `'SIGTERM'`
   */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a real Redis server on a loopback port, without persistence, and waits until it answers.
 *
 * @throws Error when there is no server to run or it does not become ready in time, with its output.
 */
export function startRedisServer(options?: RedisServerOptions): Promise<RedisServer>;

/** Returns a free loopback port. */
export function freePort(): Promise<number>;

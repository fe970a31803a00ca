export interface RedisServerOptions {
  /** More arguments of `redis-server`, such as `['--requirepass', 'secret']`; they come last and so win. */
  args?: string[];
  /** The text of a configuration file, which a Sentinel needs and rewrites. Not where the server runs in Docker. */
  config?: string;
  /** @defaultValue a free port */
  port?: number;
}

export interface RedisServer {
  /** The URL of the server, with the password where `--requirepass` was given. */
  url: string;
  port: number;
  /** The process of the server, or that of the Docker client which runs it. */
  pid: number;
  /** Ends the server and removes its folder. Safe to call twice, and after `kill`. */
  stop(): Promise<void>;
  /**
   * Sends a signal to the server. One that ends it is awaited until the process is gone; `SIGSTOP` and
   * `SIGCONT` return at once.
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

/** A loopback port that nobody listens on at this moment. */
export function freePort(): Promise<number>;

import { startOwnRedis } from './own-redis.js';

/** The place where the demo stores sessions. */
export interface Storage {
  /** The URL of Redis; `null` for the memory of this process. */
  readonly url: string | null;
  /** A sentence for the terminal, without a password. */
  readonly description: string;
  /** Stops the Redis server, if the demo started one. May be called twice. */
  close(): Promise<void>;
}

/** Opens the Redis at a URL. Without a URL, starts a Redis server, or uses memory when none is installed. */
export async function openStorage(redisUrl: string | null): Promise<Storage> {
  if (redisUrl !== null) return existingRedis(redisUrl);
  const redis = await startOwnRedis();
  if (!redis) return MEMORY;
  const { url, pid, program } = redis;
  return {
    url,
    description:
      `Sessions are stored in Redis at ${url}: ` +
      `a ${program} that the demo started (process ${pid}), and stops with it.`,
    close: () => redis.stop(),
  };
}

const MEMORY: Storage = {
  url: null,
  description:
    'Sessions are stored in memory and lost at a restart: ' +
    'REDIS_URL is not set, and neither redis-server nor valkey-server is on the PATH.',
  close: () => Promise.resolve(),
};

function existingRedis(url: string): Storage {
  return {
    url,
    description: `Sessions are stored in Redis at ${withoutCredentials(url)}.`,
    close: () => Promise.resolve(),
  };
}

function withoutCredentials(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

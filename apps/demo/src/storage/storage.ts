import { startOwnRedis } from './own-redis.js';

/** Where the demo keeps sessions. */
export interface Storage {
  /** `null`: in the memory of this process. */
  readonly url: string | null;
  /** A sentence for the person at the terminal. Holds no password. */
  readonly description: string;
  /** Ends what was started for it. Safe to call twice. */
  close(): Promise<void>;
}

/** The Redis at a URL; without one a Redis of the demo's own; where no server is installed, memory. */
export async function openStorage(redisUrl: string | null): Promise<Storage> {
  if (redisUrl !== null) return existingRedis(redisUrl);
  const redis = await startOwnRedis();
  if (!redis) return MEMORY;
  const { url, pid, program } = redis;
  return {
    url,
    description:
      `Sessions are kept in Redis at ${url}: ` +
      `a ${program} of the demo's own (process ${pid}), which ends with it.`,
    close: () => redis.stop(),
  };
}

const MEMORY: Storage = {
  url: null,
  description:
    'Sessions are kept in memory and lost at a restart: ' +
    'REDIS_URL is not set, and there is no redis-server or valkey-server on the PATH.',
  close: () => Promise.resolve(),
};

function existingRedis(url: string): Storage {
  return {
    url,
    description: `Sessions are kept in Redis at ${withoutCredentials(url)}.`,
    close: () => Promise.resolve(),
  };
}

function withoutCredentials(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

import type { SessionModuleOptions } from 'nestjs-redis-session';
import type { SentinelSettings } from '../settings/sentinel-settings.js';
import type { Settings } from '../settings/settings.js';
import { startOwnRedis } from './own-redis.js';

/** The option `redis` of the session module. */
export type RedisTarget = NonNullable<SessionModuleOptions['redis']>;

/** The place where the demo stores sessions. */
export interface Storage {
  /** The Redis of the session module; `null` for the memory of this process. */
  readonly redis: RedisTarget | null;
  /** The URL of Redis; `null` for the memory of this process, and if Sentinels know the address. */
  readonly url: string | null;
  /** A sentence for the terminal, without a password. */
  readonly description: string;
  /** Stops the Redis server, if the demo started one. May be called twice. */
  close(): Promise<void>;
}

/** Opens the Redis in the settings. Without one, starts a Redis server, or uses memory when none is installed. */
export async function openStorage({
  redisUrl,
  sentinels,
}: Pick<Settings, 'redisUrl' | 'sentinels'>): Promise<Storage> {
  if (sentinels !== null) return redisBehind(sentinels);
  if (redisUrl !== null) return existingRedis(redisUrl);
  const redis = await startOwnRedis();
  if (!redis) return MEMORY;
  const { url, pid, program } = redis;
  return {
    redis: url,
    url,
    description:
      `Sessions are stored in Redis at ${url}: ` +
      `a ${program} that the demo started (process ${pid}), and stops with it.`,
    close: () => redis.stop(),
  };
}

const MEMORY: Storage = {
  redis: null,
  url: null,
  description:
    'Sessions are stored in memory and lost at a restart: ' +
    'REDIS_URL is not set, and neither redis-server nor valkey-server is on the PATH.',
  close: () => Promise.resolve(),
};

function redisBehind({ target, names }: SentinelSettings): Storage {
  return {
    redis: target,
    url: null,
    description: `Sessions are stored in the Redis "${target.name}" of the Sentinels ${names}.`,
    close: () => Promise.resolve(),
  };
}

function existingRedis(url: string): Storage {
  return {
    redis: url,
    url,
    description: `Sessions are stored in Redis at ${withoutCredentials(url)}.`,
    close: () => Promise.resolve(),
  };
}

function withoutCredentials(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

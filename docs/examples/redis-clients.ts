import { Redis } from 'ioredis';
import type { RedisTarget } from 'nestjs-redis-session';

const PORT = Number(process.env.REDIS_PORT ?? 6379);

// #region targets
/** A URL; `rediss://` for TLS. */
export const byUrl: RedisTarget = 'redis://user:password@127.0.0.1:6379/0';

/** A URL with options that do not fit into it. */
export const withOptions: RedisTarget = {
  url: 'rediss://redis.internal:6379',
  options: { tls: { servername: 'redis.internal' } },
};

/** The options of an ioredis client. */
export const byOptions: RedisTarget = { host: '127.0.0.1', port: 6379, db: 0 };

/** Some nodes of a Redis Cluster, and the options of ioredis' Cluster. */
export const cluster: RedisTarget = {
  cluster: [
    { host: '10.0.0.1', port: 6379 },
    { host: '10.0.0.2', port: 6379 },
  ],
  options: { redisOptions: { password: 'password' } },
};

/** The primary that Sentinel reports. */
export const sentinel: RedisTarget = {
  name: 'mymaster',
  sentinels: [
    { host: '10.0.0.1', port: 26379 },
    { host: '10.0.0.2', port: 26379 },
  ],
};
// #endregion targets

// #region client
/** Creates an application's own client that neither retries commands nor queues them while disconnected. */
export function ownClient(): Redis {
  return new Redis({
    host: '127.0.0.1',
    port: PORT,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    lazyConnect: true,
  });
}
// #endregion client

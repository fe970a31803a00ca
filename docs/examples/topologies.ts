import { readFileSync } from 'node:fs';
import { Cluster, Redis } from 'ioredis';
import type { SessionModuleOptions } from 'nestjs-redis-session';

// Each is a function, so that the environment is read when the module starts, and not when this file is loaded.

/** Connects to one server by its URL. */
export function byUrl(): SessionModuleOptions {
  // #region url
  return { redis: process.env.REDIS_URL ?? 'redis://redis.internal:6379' };
  // #endregion url
}

/** Connects to one server with ioredis options. */
export function byOptions(): SessionModuleOptions {
  // #region options
  return {
    redis: {
      host: process.env.REDIS_HOST ?? 'redis.internal',
      port: Number(process.env.REDIS_PORT ?? 6379),
      db: 1,
    },
  };
  // #endregion options
}

// #region addresses
/** Parses `'a:1, b:2'` into a list of hosts and ports. */
function addresses(list: string): { host: string; port: number }[] {
  return list.split(',').map((address) => {
    const { hostname, port } = new URL(`tcp://${address.trim()}`);
    return { host: hostname, port: Number(port) };
  });
}
// #endregion addresses

/** Connects to the primary that Sentinels report. */
export function behindSentinel(): SessionModuleOptions {
  // #region sentinel
  return {
    redis: {
      sentinels: addresses(process.env.REDIS_SENTINELS ?? 'one:26379, two:26379, three:26379'),
      name: process.env.REDIS_MASTER ?? 'sessions',
      username: 'app',
      password: process.env.REDIS_PASSWORD,
    },
  };
  // #endregion sentinel
}

/** Connects to a Cluster by some of its nodes. */
export function onCluster(): SessionModuleOptions {
  // #region cluster
  return {
    redis: {
      cluster: addresses(process.env.REDIS_NODES ?? 'one:6379, two:6379, three:6379'),
      options: { redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD } },
    },
  };
  // #endregion cluster
}

/** Connects over TLS with a private certificate authority. */
export function overTls(): SessionModuleOptions {
  // #region tls
  return {
    redis: {
      url: process.env.REDIS_URL ?? 'rediss://app:password@redis.internal:6380',
      options: { tls: { ca: readFileSync(process.env.REDIS_CA ?? '/etc/ssl/redis-ca.pem') } },
    },
  };
  // #endregion tls
}

/** Connects as a Redis ACL user. */
export function asUser(): SessionModuleOptions {
  // #region acl
  return {
    redis: {
      host: process.env.REDIS_HOST ?? 'redis.internal',
      port: Number(process.env.REDIS_PORT ?? 6379),
      username: 'app',
      password: process.env.REDIS_PASSWORD,
    },
  };
  // #endregion acl
}

/** Passes in the application's own client, for one server or Sentinel. */
export function ownClient(): Redis {
  // #region own-client
  return new Redis({
    sentinels: addresses(process.env.REDIS_SENTINELS ?? 'one:26379, two:26379, three:26379'),
    name: process.env.REDIS_MASTER ?? 'sessions',
    username: 'app',
    password: process.env.REDIS_PASSWORD,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  });
  // #endregion own-client
}

/** Passes in the application's own Cluster client. */
export function ownCluster(): Cluster {
  // #region own-cluster
  return new Cluster(addresses(process.env.REDIS_NODES ?? 'one:6379, two:6379, three:6379'), {
    enableOfflineQueue: false,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    redisOptions: { username: 'app', password: process.env.REDIS_PASSWORD },
  });
  // #endregion own-cluster
}

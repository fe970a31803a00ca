import { readFileSync } from 'node:fs';
import { Cluster, Redis } from 'ioredis';
import type { SessionModuleOptions } from 'nestjs-redis-session';

// Each is a function, so that the environment is read when the module starts, and not when this file is loaded.

/** One server, by its URL. */
export function byUrl(): SessionModuleOptions {
  // #region url
  return { redis: process.env.REDIS_URL ?? 'redis://redis.internal:6379' };
  // #endregion url
}

/** One server, by the options of ioredis. */
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
/** `'a:1, b:2'` as a list of hosts and ports. */
function addresses(list: string): { host: string; port: number }[] {
  return list.split(',').map((address) => {
    const { hostname, port } = new URL(`tcp://${address.trim()}`);
    return { host: hostname, port: Number(port) };
  });
}
// #endregion addresses

/** The master that Sentinels name. */
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

/** A Cluster, by some of its nodes. */
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

/** TLS, with a certificate authority of your own. */
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

/** A user of Redis' access control lists. */
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

/** A client of the application's own: one server, or behind Sentinel. */
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

/** A Cluster client of the application's own. */
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

import type { SessionModuleOptions } from 'nestjs-redis-session';
import { prometheus } from 'nestjs-redis-session/telemetry';
import { CartData } from './cart-data.js';

// #region all
export const options: SessionModuleOptions = {
  // Storage
  redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  prefix: 'shop:',
  durability: { replicas: 1, timeout: '100ms' },
  redisChecks: { ignore: ['no-persistence'], allowEviction: ['volatile-ttl'] },
  cache: { staleness: '1s' },

  // Requests that use no session
  load: 'lazy',
  exclude: ['/health', '/assets/*'],

  // Redis outages
  outage: { deadline: '250ms', policy: 'fail', startup: 'fail' },

  // Lifetimes
  idle: '20m',
  absolute: '8h',
  anonymous: { idle: '15m', absolute: '4h', maxBytes: 8_192 },
  rotation: { every: '15m', grace: '30s', onReuse: 'revoke' },
  endReasons: '10m',

  // Sessions per user
  limit: { max: 5, onExceed: 'evict-oldest' },

  // Cookie and caching
  cookie: { secure: true, sameSite: 'lax', persistent: false },
  responses: { noStore: true, clearSiteData: ['cache', 'storage'] },

  // Requests of other origins
  csrf: { origins: ['https://app.example.com'], secret: 'at least 32 characters, from the environment' },

  // Session data
  data: { class: CartData, unknownFields: 'keep', values: 'strict', keepOnSignIn: true },
  size: { max: 65_536, warn: 4_096 },

  // Metrics
  telemetry: prometheus(),

  // Users and devices
  users: { load: (id) => ({ id }) },
  passport: { userId: (serialized) => (serialized as { sub: string }).sub },
  device: (request) => request.headers['user-agent'] ?? null,
};
// #endregion all

import type { SessionModuleOptions } from 'nestjs-redis-session';
import { CartData } from './cart-data.js';

// #region all
export const options: SessionModuleOptions = {
  // Storage
  redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  prefix: 'shop:',
  endReasons: '10m',
  silence: ['no-persistence'],
  allowEviction: ['volatile-ttl'],

  // Slow or unavailable Redis, failover
  deadline: '250ms',
  onOutage: 'fail',
  startup: 'fail',
  durability: { replicas: 1, timeout: '100ms' },

  // In-process cache
  cache: { staleness: '1s' },

  // Lifetimes
  idle: '20m',
  absolute: '8h',
  anonymous: { idle: '15m', absolute: '4h', maxBytes: 8_192 },
  rotateEvery: '15m',
  rotationGrace: '30s',
  onTokenReuse: 'revoke',

  // Sessions per user
  limit: { max: 5, onExceed: 'evict-oldest' },

  // Cookie
  cookie: { secure: true, sameSite: 'lax', persistent: false },
  noStore: true,

  // Session data
  data: CartData,
  keepDataOnSignIn: true,
  values: 'strict',
  unknownFields: 'keep',
  maxBytes: 65_536,
  warnBytes: 4_096,

  // Users and devices
  users: { load: (id) => ({ id }) },
  passport: { userId: (serialized) => (serialized as { sub: string }).sub },
  device: (request) => request.headers['user-agent'] ?? null,
};
// #endregion all

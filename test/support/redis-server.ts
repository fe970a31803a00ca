export { freePort, startRedisServer } from '../../scripts/redis-server.mjs';
export type { RedisServer, RedisServerOptions } from '../../scripts/redis-server.mjs';

// A Redis for one measurement, with a replica and counters.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startRedisServer } from '../scripts/redis-server.mjs';

/** Starts a Redis with a replica: all writes are replicated, so the server counts the bytes written. */
export class MeasuredRedis {
  static async start({ replica = true } = {}) {
    // The server pings its replicas from time to time; no request causes that traffic.
    const server = await startRedisServer({ args: ['--repl-ping-replica-period', '3600'] });
    const redis = new MeasuredRedis();
    redis.servers = [server];
    redis.url = server.url;
    redis.client = new Redis(server.url);
    await once(redis.client, 'ready');
    if (replica) await redis.addReplica(server.port);
    return redis;
  }

  async addReplica(port) {
    const args = ['--replicaof', '127.0.0.1', String(port)];
    this.servers.push(await startRedisServer({ args: ['--repl-diskless-sync-delay', '0', ...args] }));
    while (!/state=online/.test(await this.client.info('replication'))) await delay(50);
  }

  /** Returns the server's counters. */
  async counters() {
    const info = await this.client.info('everything');
    const numberOf = (name) => Number(new RegExp(`^${name}:(.+)$`, 'm').exec(info)?.[1] ?? 0);
    const calls = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
    // Commands of this measurement and the replicas' acknowledgements, one per second, are not the subject's.
    const others = calls.filter(([, name]) => !['info', 'replconf'].includes(name));
    return {
      commands: others.reduce((sum, [, , count]) => sum + Number(count), 0),
      cpuMicros: 1e6 * (numberOf('used_cpu_user') + numberOf('used_cpu_sys')),
      replicaBytes: numberOf('master_repl_offset'),
      residentBytes: numberOf('used_memory_rss'),
      usedBytes: numberOf('used_memory'),
      hgetallMicros: Number(/^cmdstat_hgetall:calls=\d+,usec=(\d+)/m.exec(info)?.[1] ?? 0),
    };
  }

  async stop() {
    this.client.disconnect();
    for (const server of this.servers.reverse()) await server.stop();
  }
}

import type { Redis } from 'ioredis';
import { eventually } from './until.js';

/**
 * A connection that tells of each command that Redis gets (`monitor` events). To be disconnected by who opened it.
 *
 * Not by `redis.monitor()`: a command that is told of in one breath with the answer to MONITOR is taken for a reply that
 * nobody waits for, and the connection fails. It is opened again then.
 */
export function openMonitor(redis: Redis): Promise<Redis> {
  return eventually(() => {
    const monitor = redis.duplicate({ monitor: true, lazyConnect: false });
    return new Promise<Redis>((resolve, reject) => {
      monitor.once('monitoring', () => resolve(monitor));
      monitor.on('error', (error: Error) => {
        monitor.disconnect();
        reject(error);
      });
    });
  });
}

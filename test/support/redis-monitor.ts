import type { Redis } from 'ioredis';
import { eventually } from './until.js';

/**
 * Opens a connection that emits each command that Redis receives as a `monitor` event. The caller disconnects it.
 *
 * `redis.monitor()` is unsuitable: if a command is reported in the same packet as the reply to MONITOR, ioredis takes it for
 * an unexpected reply, and the connection fails. In that case this function opens another one.
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
